"""Which tickets still wait for their decision."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import State

_undecided = tickets.c.decision_id.is_(None)
"""Canceled tickets, too: entitlements must have heard of a ticket before it can take the news of its end."""


def undecided(session: Session, limit: int) -> list[str]:
    """Tickets that have no decision yet, the oldest first."""
    return list(
        session.execute(sa.select(tickets.c.id).where(_undecided).order_by(tickets.c.opened_at).limit(limit)).scalars()
    )


def without_promise(session: Session, opened_before: datetime, limit: int) -> list[str]:
    """Tickets that were opened before that moment and still carry no promise at all."""
    query = sa.select(tickets.c.id).where(
        _undecided,
        tickets.c.state != State.CANCELED.value,
        tickets.c.response_class.is_(None),
        tickets.c.opened_at <= opened_before,
    )
    return list(session.execute(query.order_by(tickets.c.opened_at).limit(limit)).scalars())


def count_undecided(session: Session) -> int:
    """How many tickets have no decision yet."""
    return session.execute(sa.select(sa.func.count()).select_from(tickets).where(_undecided)).scalar_one()
