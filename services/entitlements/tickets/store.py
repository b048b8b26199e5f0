"""Tickets as entitlements knows them. Whoever works on a ticket holds the lock of its row.

Locks are taken in one order everywhere: accounts, tickets, grants.
"""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.entitlements.tickets.tables import tickets
from services.entitlements.tickets.ticket import Ticket

_KNOWN = (
    tickets.c.ticket_id,
    tickets.c.requester_email,
    tickets.c.requester_verified,
    tickets.c.opened_at,
    tickets.c.first_responded_at,
    tickets.c.closed_at,
)
_insert = insert(tickets)
_FACTS = ("requester_email", "requester_verified", "opened_at")
# xmax is 0 for a row that this statement has made: then nobody can have decided anything about it.
_made_now = sa.literal_column("(tickets.xmax = 0)", sa.Boolean).label("made_now")
_ask = (
    _insert.values(
        {name: sa.bindparam(name) for name in ("ticket_id", *_FACTS, "created_at")},
    )
    .on_conflict_do_update(
        index_elements=[tickets.c.ticket_id],
        # What was asked first stays. Without a change this still locks the row, and reads it as it is now.
        set_={name: sa.func.coalesce(tickets.c[name], _insert.excluded[name]) for name in _FACTS},
    )
    .returning(*_KNOWN, _made_now)
)
_reserve = (
    _insert.values(ticket_id=sa.bindparam("ticket_id"), created_at=sa.bindparam("created_at"))
    .on_conflict_do_update(index_elements=[tickets.c.ticket_id], set_={"created_at": tickets.c.created_at})
    .returning(*_KNOWN)
)
_of_ticket = (tickets.c.ticket_id == sa.bindparam("wanted"), tickets.c.opened_at.is_not(None))
_verify = tickets.update().where(tickets.c.ticket_id == sa.bindparam("wanted")).values(requester_verified=True)
_respond = (
    tickets.update()
    .where(*_of_ticket)
    .values(first_responded_at=sa.func.coalesce(tickets.c.first_responded_at, sa.bindparam("at")))
    .returning(*_KNOWN)
)
_close = tickets.update().where(*_of_ticket).values(closed_at=sa.bindparam("at")).returning(*_KNOWN)


def ask(session: Session, ticket: Ticket, now: datetime) -> tuple[Ticket, bool]:
    """Lock the ticket as it was first asked about, stored now if it is new; the second says that it is new."""
    facts = {name: getattr(ticket, name) for name in _FACTS}
    row = session.execute(_ask, {"ticket_id": ticket.ticket_id, **facts, "created_at": now}).one()
    return _ticket(row[:-1]), row.made_now


def verify(session: Session, ticket: Ticket) -> Ticket:
    """Remember that the requester of a locked ticket has proved the address since it was first asked about."""
    session.execute(_verify, {"wanted": ticket.ticket_id})
    return replace(ticket, requester_verified=True)


def reserve(session: Session, ticket_id: str, now: datetime) -> Ticket | None:
    """Lock a ticket, whether or not anybody has asked about it; None where nobody has."""
    row = session.execute(_reserve, {"ticket_id": ticket_id, "created_at": now}).one()
    return None if row.opened_at is None else _ticket(row)


def record_first_response(session: Session, ticket_id: str, at: datetime) -> Ticket | None:
    """Remember when a person first answered, the first word stays; locks the ticket. None: nobody asked about it."""
    row = session.execute(_respond, {"wanted": ticket_id, "at": at}).one_or_none()
    return None if row is None else _ticket(row)


def record_close(session: Session, ticket_id: str, at: datetime) -> Ticket | None:
    """Remember that the ticket has ended; locks it. None: nobody asked about it."""
    row = session.execute(_close, {"wanted": ticket_id, "at": at}).one_or_none()
    return None if row is None else _ticket(row)


def move(session: Session, account_id: str, to: str) -> None:
    """Let the tickets of one account be those of another."""
    session.execute(tickets.update().where(tickets.c.account_id == account_id).values(account_id=to))


def _ticket(values: "sa.Row[tuple[object, ...]] | tuple[object, ...]") -> Ticket:
    return Ticket(**dict(zip((column.name for column in _KNOWN), values, strict=True)))  # type: ignore[arg-type]
