"""Confirm a payment with Stripe: an order is settled once, whoever comes first, webhook, return page or sweep."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.billing.checkout.verdict import SessionVerdict, judge_session
from services.billing.context import Context
from services.billing.gateways.stripe.checkouts import CheckoutSession
from services.billing.gateways.stripe.errors import StripeUnavailable
from services.billing.orders import store as orders
from services.billing.orders.abandon import abandon
from services.billing.orders.errors import OrderBusy, OrderNotFound
from services.billing.orders.look_up import look_up
from services.billing.orders.order import Order, OrderState, wrong_payment
from services.billing.orders.settle import park, settle
from services.billing.revenue.release import release_revenue
from shared.deadlines import deadline
from shared.language import N_

READINGS = 3
"""How often Stripe is read for one confirmation. An order moves a few times in its life: the third reading is fresh."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The order as it stands after Stripe was asked; `unpaid`: Stripe said that nothing was paid and all still may be.

    A form that was sent in is neither: the bank has not said yet.
    """

    order: Order
    unpaid: bool


def confirm_payment(
    context: Context, order_id: str, *, session_id: str | None = None, within_s: float | None = None
) -> Order:
    """The order as it stands after asking Stripe, settled if its checkout is paid. Raises OrderNotFound, OrderBusy."""
    return ask_stripe(context, order_id, session_id=session_id, within_s=within_s).order


def ask_stripe(
    context: Context, order_id: str, *, session_id: str | None = None, within_s: float | None = None
) -> Answer:
    """Ask Stripe about the order's checkout, and settle the order if it is paid. Raises OrderNotFound, OrderBusy.

    Stripe is read while nothing is locked. What it said is written only if the order still stands as it stood before
    the question: else somebody has read Stripe later than we, and Stripe is read again. `session_id` helps where our
    own record of it was lost. Whoever waits says how long, and gets one reading.
    """
    for _ in range(READINGS if within_s is None else 1):
        seen = look_up(context, order_id)
        known_session = seen.checkout_session_id or session_id
        if seen.state is OrderState.SETTLED or known_session is None:
            return Answer(order=seen, unpaid=False)
        with deadline(within_s):
            checkout = context.stripe.checkouts.read(known_session)
        if checkout.order_id != order_id:
            # Somebody put another checkout's id into the address.
            raise OrderNotFound(order_id)
        if (order := _apply_if_unmoved(context, seen, checkout)) is not None:
            return Answer(order=order, unpaid=checkout.payable and order.state is OrderState.OPEN)
    raise OrderBusy


def _apply_if_unmoved(context: Context, seen: Order, checkout: CheckoutSession) -> Order | None:
    with context.db.transaction() as session:
        order = orders.lock(session, seen.order_id)
        if order is None or order.version != seen.version:
            return order if order is not None and order.state is OrderState.SETTLED else None
        return _apply(session, order, checkout)


def _apply(session: Session, order: Order, checkout: CheckoutSession) -> Order:
    # What was charged counts; the session's total only where Stripe names no charge.
    total = checkout.charge.amount if checkout.charge else checkout.total
    match judge_session(price=order.price, total=total, paid=checkout.paid, expired=checkout.expired):
        case SessionVerdict.PAID:
            if checkout.charge is None:
                message = N_("%(session_id)s is paid and names no charge yet. It will be asked again.")
                raise StripeUnavailable(message, answered=True, session_id=checkout.session_id)
            settled = settle(session, order, checkout.charge, session_id=checkout.session_id)
            # Entitlements may have told of a used credit before its order was settled here.
            release_revenue(session, settled)
            return settled
        case SessionVerdict.MISMATCH:
            return park(
                session, order, checkout.charge, wrong_payment(order.price, total), session_id=checkout.session_id
            )
        case SessionVerdict.EXPIRED:
            if abandon(session, order, why="The checkout expired unpaid."):
                return orders.find(session, order.order_id) or order
        case SessionVerdict.WAITING:
            pass
    return order
