"""What a paid checkout does to its order: settled with all its effects at once, or parked for a person."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.billing.gateways.stripe.charges import Charge
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerTransaction, SourceKind, charge_entries
from services.billing.orders import store as orders
from services.billing.orders.order import Order, OrderState, Parked
from services.billing.payments.mirror import mirror
from shared import audit, clock, outbox
from shared.audit import SYSTEM, Change
from shared.telemetry import get_logger

log = get_logger()


def settle(session: Session, order: Order, charge: Charge, *, session_id: str) -> Order:
    """Write all effects of a payment: order, payment, books, mirror, event, audit entry; returns the settled order.

    The caller has locked the order, which is not settled yet, and knows that the charge pays it. What is earned of it
    already stands on a floor above: the caller releases it in the same transaction.
    """
    now = clock.now()
    number = orders.mark_settled(session, order.order_id, session_id=session_id, paid_at=charge.created_at, at=now)
    orders.add_payment(session, order, charge)
    ledger.post(
        session,
        LedgerTransaction(
            source_kind=SourceKind.CHARGE,
            source_id=charge.charge_id,
            account_id=order.account_id,
            order_id=order.order_id,
            occurred_at=charge.created_at,
            entries=charge_entries(charge.amount),
        ),
        now=now,
    )
    mirror(session, charge, now=now)
    outbox.publish(session, "billing.incidents.purchased.v1", _purchase(order, charge.created_at), to="entitlements")
    audit.append(
        session,
        Change(actor=SYSTEM, action="settled", why=f"{charge.charge_id} paid it.", at=now),
        aggregate="order",
        aggregate_id=order.order_id,
        number=number,
        owner_key=order.account_id,
        before={"state": order.state},
        after={"state": OrderState.SETTLED, "charge_id": charge.charge_id},
    )
    log.info("order settled", order_id=order.order_id, charge_id=charge.charge_id, was=order.state.value)
    return replace(
        order,
        state=OrderState.SETTLED,
        version=order.version + 1,
        checkout_session_id=order.checkout_session_id or session_id,
        checkout_url=None,
        paid_at=charge.created_at,
        settled_at=now,
        parked=None,
    )


def _purchase(order: Order, paid_at: datetime) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "account_id": order.account_id,
        "contact_email": order.contact_email,
        "product": order.product,
        "credits": order.credits,
        "response_class": order.response_class,
        "ticket_id": order.ticket_id,
        "paid_at": paid_at,
        "expires_at": paid_at + timedelta(days=order.expires_after_days),
    }


def park(session: Session, order: Order, charge: Charge | None, why: Parked, *, session_id: str) -> Order:
    """Paid, but not what was ordered: nothing is booked, a person looks, and reconciliation shows both sides.

    The caller has locked the order.
    """
    now = clock.now()
    if charge is not None:
        mirror(session, charge, now=now)
    if order.parked == why:
        return order
    number = orders.mark_parked(session, order.order_id, why, session_id=session_id)
    audit.append(
        session,
        Change(actor=SYSTEM, action="parked", why=why.code.value, at=now),
        aggregate="order",
        aggregate_id=order.order_id,
        number=number,
        owner_key=order.account_id,
        before={"parked": order.parked.code if order.parked else None},
        after={"parked": why.code, **why.parameters},
    )
    log.error("paid and not settled: a person must look", order_id=order.order_id, why=why.code.value)
    return replace(order, parked=why, version=order.version + 1)
