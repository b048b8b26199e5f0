"""Tickets as entitlements knows them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.entitlements.tickets.tables import tickets


def lock_ticket(session: Session, ticket_id: str) -> None:
    """From here to the end of the transaction nobody else works on this ticket, whether or not it has a row yet."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(ticket_id, 0))))


def known_ticket(session: Session, ticket_id: str) -> sa.Row[Any] | None:
    """The ticket, if anybody has asked about it."""
    return session.execute(sa.select(tickets).where(tickets.c.ticket_id == ticket_id)).one_or_none()


def add_ticket(session: Session, facts: dict[str, Any], now: datetime) -> None:
    """Store what queue told of a ticket with its first question."""
    session.execute(insert(tickets).values(**facts, created_at=now).on_conflict_do_nothing())


def record_first_response(session: Session, ticket_id: str, at: datetime) -> None:
    """Remember when a person first answered; the first word stays."""
    session.execute(
        tickets.update()
        .where(tickets.c.ticket_id == ticket_id, tickets.c.first_responded_at.is_(None))
        .values(first_responded_at=at)
    )


def record_close(session: Session, ticket_id: str, at: datetime) -> None:
    """Remember that the ticket has ended."""
    session.execute(tickets.update().where(tickets.c.ticket_id == ticket_id).values(closed_at=at))
