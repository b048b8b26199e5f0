"""Settle an order when Stripe says that it is paid: once, whoever comes first, webhook, return page or sweep."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.billing.domain.ledger import LedgerTransaction, Movement, charge_entries
from services.billing.domain.orders import Order, OrderState, SessionVerdict, judge_session, mismatch_sentence
from services.billing.errors import OrderNotFound, StripeUnavailable
from services.billing.ports import Charge, CheckoutSession, StripeGateway
from services.billing.store import audit, ledger, orders
from services.billing.use_cases.abandon_order import abandon
from services.billing.use_cases.mirror_charge import mirror
from services.billing.use_cases.release_revenue import release_revenue
from shared import clock, outbox
from shared.db import Database
from shared.telemetry import get_logger

log = get_logger()


def settle_order(db: Database, stripe: StripeGateway, order_id: str, *, session_id: str | None = None) -> Order:
    """The order as it stands after asking Stripe, settled if its checkout is paid.

    The checkout is read while the order's row is locked: whoever waited for the lock finds it done, and a slow reader
    never writes an older state over a newer one. `session_id` helps where our own record of it was lost.
    """
    with db.transaction() as session:
        order = orders.lock(session, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        known_session = order.checkout_session_id or session_id
        if order.state is OrderState.SETTLED or known_session is None:
            return order
        checkout = stripe.read_checkout(known_session)
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
            _settle(session, order, checkout.charge)
        case SessionVerdict.MISMATCH:
            _park(session, order, mismatch_sentence(order.price, total), checkout.charge)
        case SessionVerdict.EXPIRED:
            abandon(session, order.order_id, why="The checkout expired unpaid.")
        case SessionVerdict.WAITING:
            pass


def _settle(session: Session, order: Order, charge: Charge) -> None:
    """All effects of a payment, in one transaction: the order, the books, the mirror, the event, the audit entry."""
    now = clock.now()
    orders.update(
        session,
        order.order_id,
        state=OrderState.SETTLED,
        charge_id=charge.charge_id,
        paid_at=charge.created_at,
        settled_at=now,
        checkout_url=None,
        parked_reason=None,
    )
    ledger.post(
        session,
        LedgerTransaction(
            movement=Movement.CHARGE,
            movement_id=charge.charge_id,
            account_id=order.account_id,
            order_id=order.order_id,
            occurred_at=charge.created_at,
            entries=charge_entries(charge.amount),
        ),
        now=now,
    )
    mirror(session, charge, now=now)
    outbox.publish(session, "billing.incidents.purchased.v1", _purchase(order, charge.created_at), to="entitlements")
    audit.record(
        session,
        order.order_id,
        "settled",
        who="stripe",
        why=f"{charge.charge_id} paid it.",
        before={"state": order.state.value},
        after={"state": OrderState.SETTLED.value, "charge_id": charge.charge_id},
        now=now,
    )
    release_revenue(session, order.order_id)
    log.info("order settled", order_id=order.order_id, charge_id=charge.charge_id, was=order.state.value)


def _purchase(order: Order, paid_at: datetime) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "account_id": order.account_id,
        "contact_email": order.contact_email,
        "product": order.product,
        "credits": order.credits,
        "ticket_id": order.ticket_id,
        "paid_at": paid_at,
        "expires_at": paid_at + timedelta(days=order.expires_after_days),
    }


def _park(session: Session, order: Order, why: str, charge: Charge | None) -> None:
    """Paid, but not what was ordered: nothing is booked, a person looks, and reconciliation shows both sides."""
    now = clock.now()
    if charge is not None:
        mirror(session, charge, now=now)
    if order.parked_reason == why:
        return
    orders.update(session, order.order_id, parked_reason=why)
    audit.record(
        session,
        order.order_id,
        "parked",
        who="billing",
        why=why,
        before={"parked_reason": order.parked_reason},
        after={"parked_reason": why},
        now=now,
    )
    log.error("paid and not settled: a person must look", order_id=order.order_id, why=why)
