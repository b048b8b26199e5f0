"""What a paid checkout does to its order: settled with all its effects at once, or parked for a person."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.billing.audit import store as audit
from services.billing.gateways.stripe.charges import Charge
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerTransaction, Movement, charge_entries
from services.billing.orders import store as orders
from services.billing.orders.order import Order, OrderState
from services.billing.payments.mirror import mirror
from shared import clock, outbox
from shared.telemetry import get_logger

log = get_logger()


def settle(session: Session, order: Order, charge: Charge) -> None:
    """Write all effects of a payment: the order, the books, the mirror, the event, the audit entry.

    The caller has locked the order, which is not settled yet, and knows that the charge pays it. What is earned of it
    already stands on a floor above: the caller releases it in the same transaction.
    """
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


def park(session: Session, order: Order, charge: Charge | None, *, why: str) -> None:
    """Paid, but not what was ordered: nothing is booked, a person looks, and reconciliation shows both sides.

    The caller has locked the order.
    """
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
