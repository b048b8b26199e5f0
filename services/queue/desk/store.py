"""The lists that agents see."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.tickets.store import from_row
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import State, Ticket

_owned = (
    sa.select(tickets)
    .where(tickets.c.owner_id == sa.bindparam("agent_id"), tickets.c.ended_at.is_(None))
    .order_by(tickets.c.state != State.OPEN.value, tickets.c.respond_by, tickets.c.id)
)
_of_contact = (
    sa.select(tickets)
    .where(tickets.c.contact_key == sa.bindparam("contact_key"))
    .order_by(tickets.c.id.desc())
    .limit(sa.bindparam("most"))
)


def owned_by(session: Session, agent_id: str) -> list[Ticket]:
    """What an agent has and has not finished: ours to answer first, by due time."""
    return [from_row(row) for row in session.execute(_owned, {"agent_id": agent_id})]


def of_contact(session: Session, contact_key: str, limit: int) -> list[Ticket]:
    """The tickets of one address, the newest first."""
    return [from_row(row) for row in session.execute(_of_contact, {"contact_key": contact_key, "most": limit})]
