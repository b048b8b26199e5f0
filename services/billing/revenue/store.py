"""Consumed credits, as entitlements told us: what earns the revenue of an order, one credit at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.revenue.tables import consumptions


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumption:
    """One credit used by one ticket. `number` counts the order's released credits from 1; None until released."""

    entry_id: str
    grant_id: str
    order_id: str | None
    account_id: str
    ticket_id: str
    consumed_at: datetime
    number: int | None = None


_COLUMNS = [consumptions.c[name] for name in Consumption.__dataclass_fields__]


_of_order = (
    sa.select(*_COLUMNS)
    .where(consumptions.c.order_id == sa.bindparam("wanted"))
    .order_by(consumptions.c.consumed_at, consumptions.c.entry_id)
)


def _consumption(row: sa.Row[Any]) -> Consumption:
    return Consumption(
        entry_id=row.entry_id,
        grant_id=row.grant_id,
        order_id=row.order_id,
        account_id=row.account_id,
        ticket_id=row.ticket_id,
        consumed_at=row.consumed_at,
        number=row.number,
    )


def store(session: Session, consumption: Consumption, *, now: datetime) -> None:
    """Keep what entitlements told us; a repeated entry changes nothing."""
    session.execute(
        insert(consumptions)
        .values(
            entry_id=consumption.entry_id,
            grant_id=consumption.grant_id,
            order_id=consumption.order_id,
            account_id=consumption.account_id,
            ticket_id=consumption.ticket_id,
            consumed_at=consumption.consumed_at,
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["entry_id"])
    )


def of_order(session: Session, order_id: str) -> Sequence[Consumption]:
    """All consumed credits of an order, oldest first."""
    return [_consumption(row) for row in session.execute(_of_order, {"wanted": order_id})]


def mark_released(session: Session, entry_id: str, *, number: int, now: datetime) -> None:
    """The credit's share is in the books, as the order's `number`-th."""
    session.execute(
        consumptions.update().where(consumptions.c.entry_id == entry_id).values(released_at=now, number=number)
    )


def count_unreleased(session: Session) -> int:
    """Consumed credits of orders whose revenue is not released yet."""
    waiting = consumptions.c.released_at.is_(None) & consumptions.c.order_id.is_not(None)
    return session.execute(sa.select(sa.func.count()).select_from(consumptions).where(waiting)).scalar_one()
