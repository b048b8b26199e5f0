"""Confirm a payment with Stripe: an order is settled once, whoever comes first, webhook, return page or sweep."""

from sqlalchemy.orm import Session

from services.billing.checkout.verdict import SessionVerdict, judge_session, mismatch_sentence
from services.billing.context import Context
from services.billing.gateways.stripe.checkouts import CheckoutSession
from services.billing.gateways.stripe.errors import StripeUnavailable
from services.billing.orders import store as orders
from services.billing.orders.abandon import abandon
from services.billing.orders.errors import OrderNotFound
from services.billing.orders.order import Order, OrderState
from services.billing.orders.settle import park, settle
from services.billing.revenue.release import release_revenue


def confirm_payment(context: Context, order_id: str, *, session_id: str | None = None) -> Order:
    """The order as it stands after asking Stripe, settled if its checkout is paid. Raises OrderNotFound, OrderBusy.

    The checkout is read while the order's row is locked: whoever waited for the lock finds it done, and a slow reader
    never writes an older state over a newer one. `session_id` helps where our own record of it was lost.
    """
    with context.db.transaction() as session:
        order = orders.lock(session, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        known_session = order.checkout_session_id or session_id
        if order.state is OrderState.SETTLED or known_session is None:
            return order
        checkout = context.stripe.checkouts.read(known_session)
        if checkout.order_id != order_id:
            # Somebody put another checkout's id into the address.
            raise OrderNotFound(order_id)
        _apply(session, order, checkout)
        return orders.find(session, order_id) or order


def _apply(session: Session, order: Order, checkout: CheckoutSession) -> None:
    if order.checkout_session_id is None:
        orders.update(session, order.order_id, checkout_session_id=checkout.session_id)
    # What was charged counts; the session's total only where Stripe names no charge.
    total = checkout.charge.amount if checkout.charge else checkout.total
    match judge_session(price=order.price, total=total, paid=checkout.paid, expired=checkout.expired):
        case SessionVerdict.PAID:
            if checkout.charge is None:
                raise StripeUnavailable(
                    f"{checkout.session_id} is paid and names no charge yet. It will be asked again."
                )
            settle(session, order, checkout.charge)
            # Entitlements may have told of a used credit before its order was settled here.
            release_revenue(session, order.order_id)
        case SessionVerdict.MISMATCH:
            park(session, order, checkout.charge, why=mismatch_sentence(order.price, total))
        case SessionVerdict.EXPIRED:
            abandon(session, order.order_id, why="The checkout expired unpaid.")
        case SessionVerdict.WAITING:
            pass
