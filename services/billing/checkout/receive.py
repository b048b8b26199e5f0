"""Receive a customer who comes back from Stripe: settle at once where Stripe is quick, else let a job find out.

Who comes back by "cancel" may have paid all the same, in another window or a moment before: Stripe is asked there, too.
"""

import threading
from dataclasses import dataclass

from services.billing.checkout.confirm import Answer, ask_stripe
from services.billing.context import Context
from services.billing.orders import store as orders
from services.billing.orders.look_up import look_up
from services.billing.orders.order import Order, OrderState
from shared.db import wake_after_commit
from shared.errors import Kind, ServiceError
from shared.telemetry import get_logger

log = get_logger()

WITHIN_S = 0.9
"""How long the page waits for Stripe; with our own database it stays below a second."""
AT_ONCE = 2
"""How many pages of a web process wait for Stripe at the same time: a slow Stripe never takes all of its threads."""
_seats = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """Which order the customer comes back from, and the checkout that Stripe wrote into the address."""

    order_id: str
    session_id: str | None


def receive(context: Context, request: Return) -> Order:
    """The order as it stands after at most one short question to Stripe. Raises OrderNotFound.

    Where Stripe says nothing in time the order stays as it is, and a job asks.
    """
    order = look_up(context, request.order_id)
    if order.state is OrderState.SETTLED or order.parked is not None:
        return order
    if (answer := _confirm_now(context, request)) is not None:
        return answer.order
    _let_a_job_ask(context, order.order_id)
    return order


def receive_canceled(context: Context, order_id: str) -> Answer:
    """The same for who comes back by "cancel": the order, and whether it is known that nothing was paid.

    Where Stripe says nothing in time nobody knows, and a job asks. Raises OrderNotFound.
    """
    order = look_up(context, order_id)
    if order.state in {OrderState.SETTLED, OrderState.ABANDONED} or order.parked is not None:
        return Answer(order=order, unpaid=order.state is OrderState.ABANDONED)
    if (answer := _confirm_now(context, Return(order_id=order_id, session_id=None))) is not None:
        return answer
    _let_a_job_ask(context, order_id)
    return Answer(order=order, unpaid=False)


def _let_a_job_ask(context: Context, order_id: str) -> None:
    with context.db.transaction() as session:
        if orders.hurry(session, order_id):
            wake_after_commit(session, "ask_order", order_id)


def _confirm_now(context: Context, request: Return) -> Answer | None:
    """None where Stripe does not answer in time, or where others wait for it already."""
    if not _seats.acquire(blocking=False):
        return None
    try:
        return ask_stripe(context, request.order_id, session_id=request.session_id, within_s=WITHIN_S)
    except ServiceError as refusal:
        if refusal.kind is not Kind.UNAVAILABLE:
            raise
        # Paid or not: Stripe knows, and the webhook or a job will tell. The customer is not shown a failure.
        log.warning("return page without Stripe", order_id=request.order_id, why=refusal.message)
        return None
    finally:
        _seats.release()
