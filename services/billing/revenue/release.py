"""Release the revenue of consumed credits: each earns its share of the order, once."""

from sqlalchemy.orm import Session

from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerTransaction, SourceKind, release_entries, share_of_credit
from services.billing.orders.order import Order, OrderState
from services.billing.revenue import store as consumptions
from shared import clock
from shared.telemetry import get_logger

log = get_logger()


def release_revenue(session: Session, order: Order) -> int:
    """Book the share of each consumed credit of a settled order that is not booked yet; returns how many.

    The caller has locked the order. A consumption that is known before its order is settled waits, and is released when
    the order settles.
    """
    if order.state is not OrderState.SETTLED:
        return 0
    used = consumptions.of_order(session, order.order_id)
    waiting = [consumption for consumption in used if consumption.number is None]
    released = len(used) - len(waiting)
    if len(used) > order.credits:
        # Entitlements never gives more credits than were bought; if it did, the books do not follow.
        log.error("more credits consumed than bought", order_id=order.order_id, bought=order.credits)
        waiting = waiting[: max(0, order.credits - released)]
    now = clock.now()
    for number, consumption in enumerate(waiting, released + 1):
        entries = release_entries(share_of_credit(order.price, credits_bought=order.credits, number=number))
        if entries:
            release = LedgerTransaction(
                source_kind=SourceKind.CONSUMPTION,
                source_id=consumption.entry_id,
                account_id=order.account_id,
                order_id=order.order_id,
                occurred_at=consumption.consumed_at,
                entries=entries,
            )
            ledger.post(session, release, now=now)
        consumptions.mark_released(session, consumption.entry_id, number=number, now=now)
    return len(waiting)
