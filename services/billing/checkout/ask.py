"""Ask Stripe what became of an order whose outcome is not known: a reply that was lost, a webhook that never came."""

from datetime import timedelta

from services.billing.checkout.confirm import confirm_payment
from services.billing.checkout.open_checkout import FIRST_LOOK, open_checkout
from services.billing.context import Context
from services.billing.orders import store as orders
from services.billing.orders.abandon import abandon
from services.billing.orders.order import Order, OrderState
from services.billing.orders.store import WORK
from shared import clock
from shared.work.item import Item

NEXT_LOOK = timedelta(minutes=10)
"""Stripe's webhook tells of a payment, and the sweep over its events within a minute: this is the third way."""


def ask_for_outcome(context: Context, item: Item) -> None:
    """Find out what became of it. One with an outcome needs no asking; one that can still be paid is asked again."""
    with context.db.transaction() as session:
        order = orders.find(session, item.key)
    if order is not None and order.parked is None:
        order = _ask(context, order)
    with context.db.transaction() as session:
        if order is None or order.parked is not None or order.state in {OrderState.SETTLED, OrderState.ABANDONED}:
            WORK.done(session, item)
        else:
            WORK.again(session, item, _pause(order))


def _ask(context: Context, order: Order) -> Order | None:
    if order.state is OrderState.DRAFT and order.checkout_session_id is None:
        return _give_up(context, order) if _nobody_can_pay(order) else open_checkout(context, order.order_id)
    return confirm_payment(context, order.order_id)


def _give_up(context: Context, order: Order) -> Order | None:
    with context.db.transaction() as session:
        locked = orders.lock(session, order.order_id)
        if locked is not None and locked.state is OrderState.DRAFT:
            abandon(session, locked, why="Stripe never confirmed a checkout, and its time is up.")
        return orders.find(session, order.order_id)


def _nobody_can_pay(order: Order) -> bool:
    """A checkout that Stripe may have made for the draft is over; if somebody paid it, the webhook names the order."""
    return order.checkout_expires_at <= clock.now()


def _pause(order: Order) -> timedelta:
    """Again when its time is up, at the latest; and never in a loop where Stripe still calls open what is over."""
    return max(FIRST_LOOK, min(NEXT_LOOK, order.checkout_expires_at - clock.now()))
