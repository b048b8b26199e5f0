"""Grants and their credit ledger. A movement is one statement: the grant's guarded UPDATE and the entry's INSERT."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.entitlements.credits.credit import MOVEMENTS, EntryKind, GrantFact
from services.entitlements.credits.tables import credit_entries, grants
from services.entitlements.tickets.tables import tickets
from shared.ids import new_id


def add_grant(session: Session, purchase: dict[str, Any], now: datetime) -> str | None:
    """Store a paid grant with its first entry; None when the order has its grant already."""
    grant_id = new_id("grt")
    added = session.execute(
        insert(grants)
        .values(
            id=grant_id,
            account_id=purchase["account_id"],
            order_id=purchase["order_id"],
            product=purchase["product"],
            ticket_id=purchase["ticket_id"],
            credits=purchase["credits"],
            available=purchase["credits"],
            granted_at=purchase["paid_at"],
            expires_at=purchase["expires_at"],
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[grants.c.order_id])
        .returning(grants.c.id)
    ).scalar()
    if added is not None:
        session.execute(
            credit_entries.insert().values(
                id=new_id("cre"),
                grant_id=grant_id,
                account_id=purchase["account_id"],
                kind=EntryKind.GRANT,
                credits=purchase["credits"],
                occurred_at=purchase["paid_at"],
                recorded_at=now,
            )
        )
    return added


def grants_for(session: Session, account_id: str | None, ticket_id: str) -> tuple[GrantFact, ...]:
    """Grants with a credit left: those bought for this ticket, and those of the account.

    One credit stays back for another ticket that it was bought for and that nobody has asked about yet.
    """
    asked_about = sa.exists().where(tickets.c.ticket_id == grants.c.ticket_id)
    kept_back = sa.case(((grants.c.ticket_id != ticket_id) & ~asked_about, 1), else_=0)
    free = (grants.c.available - kept_back).label("free")
    rows = session.execute(
        sa.select(grants, free).where((grants.c.ticket_id == ticket_id) | (grants.c.account_id == account_id), free > 0)
    )
    return tuple(
        GrantFact(
            grant_id=row.id,
            ticket_id=row.ticket_id,
            available=row.free,
            granted_at=row.granted_at,
            expires_at=row.expires_at,
        )
        for row in rows
    )


def move(session: Session, kind: EntryKind, grant_id: str, ticket_id: str, at: datetime, now: datetime) -> str | None:
    """Move one credit of a grant for a ticket; returns the entry's id.

    None: the grant has no such credit (somebody else took the last). A second movement of the kind for the ticket
    violates the ledger's unique key.
    """
    step = MOVEMENTS[kind]
    moved = (
        grants.update()
        .where(
            grants.c.id == grant_id,
            grants.c.available + step.available >= 0,
            grants.c.held + step.held >= 0,
        )
        .values(
            available=grants.c.available + step.available,
            held=grants.c.held + step.held,
            consumed=grants.c.consumed + step.consumed,
        )
        .returning(grants.c.id, grants.c.account_id)
        .cte("moved")
    )
    entry = sa.select(
        sa.literal(new_id("cre")),
        moved.c.id,
        moved.c.account_id,
        sa.literal(ticket_id),
        sa.literal(kind.value),
        sa.literal(1),
        sa.literal(at, sa.DateTime(timezone=True)),
        sa.literal(now, sa.DateTime(timezone=True)),
    )
    columns = ["id", "grant_id", "account_id", "ticket_id", "kind", "credits", "occurred_at", "recorded_at"]
    return session.execute(
        credit_entries.insert().from_select(columns, entry).returning(credit_entries.c.id)
    ).scalar_one_or_none()


def open_hold(session: Session, ticket_id: str) -> sa.Row[Any] | None:
    """The grant of which a credit is held for this ticket, neither consumed nor released."""
    kinds = sa.select(credit_entries.c.kind).where(credit_entries.c.ticket_id == ticket_id)
    done = set(session.execute(kinds).scalars())
    if EntryKind.HOLD not in done or done & {EntryKind.CONSUME, EntryKind.RELEASE}:
        return None
    return session.execute(
        sa.select(grants)
        .join(credit_entries, credit_entries.c.grant_id == grants.c.id)
        .where(credit_entries.c.ticket_id == ticket_id, credit_entries.c.kind == EntryKind.HOLD)
    ).one()


def balance(session: Session, account_id: str, now: datetime) -> dict[str, int]:
    """How many credits of an account are available (not lapsed) and held."""
    alive = grants.c.expires_at.is_(None) | (grants.c.expires_at > now)
    row = session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(grants.c.available).filter(alive), 0).label("available"),
            sa.func.coalesce(sa.func.sum(grants.c.held), 0).label("held"),
        ).where(grants.c.account_id == account_id)
    ).one()
    return {"available": row.available, "held": row.held}


def grants_of_order(session: Session, order_id: str) -> list[dict[str, Any]]:
    """The grants of an order, each with its entries in order: the trace's part that stands here."""
    found = session.execute(sa.select(grants).where(grants.c.order_id == order_id)).mappings().all()
    return [{**grant, "grant_id": grant["id"], "entries": entries_of_grant(session, grant["id"])} for grant in found]


def entries_of_grant(session: Session, grant_id: str) -> list[dict[str, Any]]:
    """All that happened to the credits of a grant, oldest first."""
    rows = session.execute(
        sa.select(credit_entries)
        .where(credit_entries.c.grant_id == grant_id)
        .order_by(credit_entries.c.recorded_at, credit_entries.c.id)
    ).mappings()
    return [{**row, "entry_id": row["id"]} for row in rows]
