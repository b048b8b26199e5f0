"""Keep that a credit was used, and release its revenue if its order is settled."""

from typing import Any

from sqlalchemy.orm import Session

from services.billing.orders import store as orders
from services.billing.revenue import store as consumptions
from services.billing.revenue.release import release_revenue
from shared import clock


def record_consumption(session: Session, body: dict[str, Any]) -> None:
    """Store the consumption of `body` (CreditConsumedV1) and release what can be; a gift's credit earns nothing."""
    consumption = consumptions.Consumption(**body)
    consumptions.store(session, consumption, now=clock.now())
    if consumption.order_id is None:
        return
    order = orders.lock(session, consumption.order_id)
    if order is not None:
        release_revenue(session, order)
