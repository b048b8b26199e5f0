"""What the sweeps look for, and the lists that agents and integrators see."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.domain.tickets import Payment, State, Ticket
from services.queue.store.tables import tickets
from services.queue.store.tickets import from_row

_undecided = tickets.c.decision_id.is_(None)
"""Canceled tickets, too: entitlements must have heard of a ticket before it can take the news of its end."""
_live = tickets.c.state.in_([State.OPEN.value, State.WAITING_CUSTOMER.value, State.RESOLVED.value])


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


def payments_overdue(session: Session, now: datetime, limit: int) -> list[str]:
    """Tickets that have waited for a payment as long as we wait."""
    query = sa.select(tickets.c.id).where(
        tickets.c.payment == Payment.PENDING.value, tickets.c.payment_wait_until <= now
    )
    return list(session.execute(query.order_by(tickets.c.payment_wait_until).limit(limit)).scalars())


def owned_by(session: Session, agent_id: str) -> list[Ticket]:
    """What an agent has and has not finished: ours to answer first, by due time."""
    query = sa.select(tickets).where(tickets.c.owner_id == agent_id, _live)
    rows = session.execute(query.order_by(tickets.c.state != State.OPEN.value, tickets.c.respond_by, tickets.c.id))
    return [from_row(row) for row in rows]


def of_contact(session: Session, contact_key: str, limit: int) -> list[Ticket]:
    """The tickets of one address, the newest first."""
    query = sa.select(tickets).where(tickets.c.contact_key == contact_key).order_by(tickets.c.id.desc()).limit(limit)
    return [from_row(row) for row in session.execute(query)]


def page(session: Session, after: str | None, limit: int, state: State | None) -> list[Ticket]:
    """All tickets, the newest first, from the one after `after` on."""
    query: sa.Select[Any] = sa.select(tickets).order_by(tickets.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tickets.c.id < after)
    if state is not None:
        query = query.where(tickets.c.state == state.value)
    return [from_row(row) for row in session.execute(query)]
