"""Give up an order that can no longer be paid."""

from sqlalchemy.orm import Session

from services.billing.orders import store as orders
from services.billing.orders.order import Order, OrderState
from shared import audit, clock
from shared.audit import SYSTEM, Change


def abandon(session: Session, order: Order, *, why: str, actor: str = SYSTEM) -> bool:
    """Abandon an order without a payment, which the caller has locked; False when it is settled or abandoned."""
    if order.state not in {OrderState.DRAFT, OrderState.OPEN}:
        return False
    now = clock.now()
    number = orders.mark_abandoned(session, order.order_id, at=now)
    audit.append(
        session,
        Change(actor=actor, action="abandoned", why=why, at=now),
        aggregate="order",
        aggregate_id=order.order_id,
        number=number,
        owner_key=order.account_id,
        before={"state": order.state},
        after={"state": OrderState.ABANDONED},
    )
    return True
