"""What a new ticket waits for, as pending work: its decision, and the fallback promise where none comes in time."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.decisions.tables import pending_decisions, promise_deadlines
from services.queue.tickets.ticket import Ticket
from shared.work.kind import WorkKind

WORK = WorkKind(
    "undecided_tickets",
    pending_decisions,
    title="Tickets without a decision",
    key="ticket_id",
    longest=timedelta(seconds=10),
)
DEADLINES = WorkKind(
    "promise_deadlines",
    promise_deadlines,
    title="Tickets that get the fallback promise unless they are decided before",
    key="ticket_id",
    longest=timedelta(seconds=10),
)
_in = sa.func.now() + sa.bindparam("after", type_=sa.Interval)
_expect_decision = pending_decisions.insert().values(due_at=_in)
_expect_promise = promise_deadlines.insert().values(due_at=_in)


def expect_decision(session: Session, ticket: Ticket, *, asked_in: timedelta, promised_in: timedelta) -> None:
    """A new ticket: the sweep asks for its decision after `asked_in`, and after `promised_in` it gets the fallback."""
    whose = {"ticket_id": ticket.id, "contact_key": ticket.contact_key}
    session.execute(_expect_decision, whose | {"after": asked_in})
    session.execute(_expect_promise, whose | {"after": promised_in})


def end_waiting(session: Session, ticket_id: str) -> None:
    """It is decided."""
    WORK.forget(session, ticket_id)
    DEADLINES.forget(session, ticket_id)


def count_overdue(session: Session) -> int:
    """How many tickets should have got the fallback promise by now."""
    query = sa.select(sa.func.count()).where(promise_deadlines.c.due_at <= sa.func.now())
    return session.execute(query).scalar_one()
