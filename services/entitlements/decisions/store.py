"""Decisions in and out of their rows."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.entitlements.decisions.tables import decisions


def latest(session: Session, ticket_id: str) -> sa.Row[Any] | None:
    """The decision in force for a ticket."""
    return session.execute(
        sa.select(decisions).where(decisions.c.ticket_id == ticket_id).order_by(decisions.c.sequence.desc()).limit(1)
    ).one_or_none()


def history(session: Session, ticket_id: str) -> list[sa.Row[Any]]:
    """All decisions of a ticket, oldest first."""
    rows = session.execute(
        sa.select(decisions).where(decisions.c.ticket_id == ticket_id).order_by(decisions.c.sequence)
    )
    return list(rows)


def add(session: Session, row: dict[str, Any]) -> sa.Row[Any]:
    """Store a decision; the unique key of ticket and sequence keeps two from being in force."""
    return session.execute(decisions.insert().values(**row).returning(decisions)).one()
