"""The lists that agents see: a page at a time, however much an agent has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.tickets.store import from_row
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Ticket

_place = sa.tuple_(tickets.c.respond_by, tickets.c.id)
_mine = sa.select(tickets).where(tickets.c.owner_id == sa.bindparam("agent_id")).limit(sa.bindparam("most"))
# The states stand in the statements as text: Postgres takes a partial index only where it reads its condition.
_our_turn = _mine.where(sa.literal_column("tickets.state = 'open'")).order_by(tickets.c.respond_by, tickets.c.id)
_their_turn = _mine.where(sa.literal_column("tickets.state IN ('waiting_customer', 'resolved')")).order_by(
    tickets.c.respond_by.desc(), tickets.c.id.desc()
)
_their_turn_after = _their_turn.where(
    _place
    < sa.tuple_(sa.bindparam("respond_by", type_=sa.DateTime(timezone=True)), sa.bindparam("ticket_id", type_=sa.Text))
)
_of_contact = (
    sa.select(tickets)
    .where(tickets.c.contact_key == sa.bindparam("contact_key"))
    .order_by(tickets.c.id.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The beginning of a list; `more`: it goes on."""

    tickets: Sequence[Ticket]
    more: bool


def our_turn(session: Session, agent_id: str, limit: int) -> Listed:
    """What an agent has that waits for our answer, the earliest due time first."""
    return _listed(session, _our_turn, limit, agent_id=agent_id)


def their_turn(session: Session, agent_id: str, limit: int, after: tuple[datetime, str] | None = None) -> Listed:
    """What an agent has that waits for the customer, the latest due time first, from the place `after` on."""
    if after is None:
        return _listed(session, _their_turn, limit, agent_id=agent_id)
    return _listed(session, _their_turn_after, limit, agent_id=agent_id, respond_by=after[0], ticket_id=after[1])


def _listed(session: Session, query: "sa.Select[Any]", limit: int, **values: Any) -> Listed:
    found = [from_row(row) for row in session.execute(query, values | {"most": limit + 1})]
    return Listed(tickets=found[:limit], more=len(found) > limit)


def of_contact(session: Session, contact_key: str, limit: int) -> list[Ticket]:
    """The tickets of one address, the newest first."""
    return [from_row(row) for row in session.execute(_of_contact, {"contact_key": contact_key, "most": limit})]
