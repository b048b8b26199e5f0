"""Which tickets have waited for their payment as long as we wait."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Payment


def payments_overdue(session: Session, now: datetime, limit: int) -> list[str]:
    """Tickets that have waited for a payment as long as we wait."""
    query = sa.select(tickets.c.id).where(
        tickets.c.payment == Payment.PENDING.value, tickets.c.payment_wait_until <= now
    )
    return list(session.execute(query.order_by(tickets.c.payment_wait_until).limit(limit)).scalars())
