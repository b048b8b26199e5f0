"""Ask Stripe what became of orders whose outcome is not known: replies that were lost, webhooks that never came."""

from services.billing.checkout.confirm import confirm_payment
from services.billing.checkout.open_checkout import ASK_AGAIN, open_checkout
from services.billing.context import Context
from services.billing.gateways.stripe.errors import STRIPE_SILENT
from services.billing.orders import store as orders
from services.billing.orders.abandon import abandon
from services.billing.orders.order import Order, OrderState
from shared import clock
from shared.errors import ServiceError
from shared.telemetry import get_logger

log = get_logger()

AT_ONCE = 50


def ask_open_orders(context: Context) -> int:
    """Ask for each order that is due; returns how many were asked. Two sweeps at once share the work."""
    with context.db.transaction() as session:
        due = orders.claim_to_ask(session, now=clock.now(), pause=ASK_AGAIN, limit=AT_ONCE)
    for order_id in due:
        try:
            _ask(context, order_id)
        except STRIPE_SILENT as silence:
            log.warning("Stripe does not answer; the other orders wait too", order_id=order_id, why=silence.message)
            break
        except ServiceError as refusal:
            log.warning("order's outcome is still unknown", order_id=order_id, why=refusal.message)
    return len(due)


def _ask(context: Context, order_id: str) -> None:
    with context.db.transaction() as session:
        order = orders.find(session, order_id)
    if order is None:
        return
    match order.state:
        case OrderState.OPEN:
            confirm_payment(context, order_id)
        case OrderState.DRAFT if _nobody_can_pay(order):
            with context.db.transaction() as session:
                abandon(session, order_id, why="Stripe never confirmed a checkout, and its time is up.")
        case OrderState.DRAFT:
            open_checkout(context, order_id)
        case _:
            pass


def _nobody_can_pay(order: Order) -> bool:
    """A checkout that Stripe may have made for the draft is over; if somebody paid it, the webhook names the order."""
    return order.checkout_expires_at <= clock.now()
