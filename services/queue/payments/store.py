"""Which tickets wait for their payment, as pending work that is due when the wait ends."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.payments.tables import payment_waits
from services.queue.tickets.ticket import Ticket
from shared.work.kind import WorkKind

WORK = WorkKind(
    "payment_waits",
    payment_waits,
    title="Tickets that wait for their payment, and go on without it at the end",
    key="ticket_id",
    longest=timedelta(seconds=10),
)
_wait = payment_waits.insert().values(due_at=sa.func.now() + sa.bindparam("after", type_=sa.Interval))


def wait_for_payment(session: Session, ticket: Ticket, at_most: timedelta) -> None:
    """The customer wants to pay for a new ticket: it waits that long."""
    session.execute(_wait, {"ticket_id": ticket.id, "contact_key": ticket.contact_key, "after": at_most})


def count_overdue(session: Session) -> int:
    """How many tickets should have gone on without their payment by now."""
    return session.execute(sa.select(sa.func.count()).where(payment_waits.c.due_at <= sa.func.now())).scalar_one()
