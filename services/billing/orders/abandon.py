"""Give up an order that can no longer be paid."""

from sqlalchemy.orm import Session

from services.billing.audit import store as audit
from services.billing.orders import store as orders
from services.billing.orders.order import OrderState
from shared import clock


def abandon(session: Session, order_id: str, *, why: str) -> bool:
    """Abandon an order without a payment; False when it is settled or abandoned already."""
    order = orders.lock(session, order_id)
    if order is None or order.state not in (OrderState.DRAFT, OrderState.OPEN):
        return False
    now = clock.now()
    orders.update(session, order_id, state=OrderState.ABANDONED, abandoned_at=now, checkout_url=None)
    audit.record(
        session,
        order_id,
        "abandoned",
        who="billing",
        why=why,
        before={"state": order.state.value},
        after={"state": OrderState.ABANDONED.value},
        now=now,
    )
    return True
