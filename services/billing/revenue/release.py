"""Release the revenue of consumed credits: each earns its share of the order, once."""

from sqlalchemy.orm import Session

from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerTransaction, Movement, release_entries, share_of_credit
from services.billing.orders import store as orders
from services.billing.orders.order import OrderState
from services.billing.revenue import store as consumptions
from shared import clock
from shared.telemetry import get_logger

log = get_logger()


def release_revenue(session: Session, order_id: str) -> int:
    """Book the share of each consumed credit of a settled order that is not booked yet; returns how many.

    A consumption that is known before its order is settled waits, and is released when the order settles.
    """
    order = orders.lock(session, order_id)
    if order is None or order.state is not OrderState.SETTLED:
        return 0
    released = consumptions.count_released(session, order_id)
    waiting = consumptions.unreleased(session, order_id)
    if released + len(waiting) > order.credits:
        # Entitlements never gives more credits than were bought; if it did, the books do not follow.
        log.error("more credits consumed than bought", order_id=order_id, bought=order.credits)
        waiting = waiting[: order.credits - released]
    now = clock.now()
    for number, consumption in enumerate(waiting, released + 1):
        entries = release_entries(share_of_credit(order.price, credits_bought=order.credits, number=number))
        if entries:
            release = LedgerTransaction(
                movement=Movement.RELEASE,
                movement_id=consumption.entry_id,
                account_id=order.account_id,
                order_id=order_id,
                occurred_at=consumption.consumed_at,
                entries=entries,
            )
            ledger.post(session, release, now=now)
        consumptions.mark_released(session, consumption.entry_id, number=number, now=now)
    return len(waiting)
