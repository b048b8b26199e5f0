"""The lists that agents see."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.tickets.store import from_row
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import State, Ticket

_live = tickets.c.state.in_([State.OPEN.value, State.WAITING_CUSTOMER.value, State.RESOLVED.value])


def owned_by(session: Session, agent_id: str) -> list[Ticket]:
    """What an agent has and has not finished: ours to answer first, by due time."""
    query = sa.select(tickets).where(tickets.c.owner_id == agent_id, _live)
    rows = session.execute(query.order_by(tickets.c.state != State.OPEN.value, tickets.c.respond_by, tickets.c.id))
    return [from_row(row) for row in rows]


def of_contact(session: Session, contact_key: str, limit: int) -> list[Ticket]:
    """The tickets of one address, the newest first."""
    query = sa.select(tickets).where(tickets.c.contact_key == contact_key).order_by(tickets.c.id.desc()).limit(limit)
    return [from_row(row) for row in session.execute(query)]
