"""The webhook inbox: what Stripe sent, byte for byte; and how far the sweep over Stripe's list has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.stripe_inbox.tables import sweep_positions, webhook_events
from shared.language import N_
from shared.telemetry import request_id
from shared.work.kind import WorkKind

WORK = WorkKind(
    "webhook_events",
    webhook_events,
    key="event_id",
    about="type",
    title=N_("Events that Stripe has told of"),
)

_KEPT = ("event_id", "type", "source", "body", "request_id", "created_at", "received_at")
_needs_work = sa.bindparam("needs_work", type_=sa.Boolean)
# The door of the webhooks: one statement, and the event is due at once.
_store = (
    insert(webhook_events)
    .values(
        {
            **{name: sa.bindparam(name) for name in _KEPT},
            "handled_at": sa.case((sa.not_(_needs_work), sa.bindparam("received_at"))),
            "due_at": sa.case((_needs_work, sa.func.now())),
        }
    )
    .on_conflict_do_nothing(index_elements=["event_id"])
    .returning(webhook_events.c.event_id)
)


def store(
    session: Session,
    *,
    event_id: str,
    event_type: str,
    source: str,
    body: bytes,
    created_at: datetime,
    now: datetime,
    needs_work: bool = True,
) -> bool:
    """Keep an event, due at once; False when it was here already. One that needs no work is kept as handled."""
    values = {
        "event_id": event_id,
        "type": event_type,
        "source": source,
        "body": body,
        "request_id": request_id(),
        "created_at": created_at,
        "received_at": now,
        "needs_work": needs_work,
    }
    return session.execute(_store, values).first() is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """How far a sweep over Stripe's list has come.

    All that Stripe made before `reached_at` is here. Inside a pass `newest_at` is the time of the newest event that it
    saw, and `last_id` the event after which it goes on; both are None between two passes.
    """

    reached_at: datetime
    newest_at: datetime | None = None
    last_id: str | None = None


def position(session: Session, name: str) -> Position | None:
    """How far that sweep has come; None before the first."""
    row = session.execute(sa.select(sweep_positions).where(sweep_positions.c.name == name)).first()
    if row is None:
        return None
    return Position(reached_at=row.reached_at, newest_at=row.pass_newest_at, last_id=row.pass_last_id)


def move(session: Session, name: str, seen: Position, to: Position) -> bool:
    """Go on from the position that was seen; False when another sweep has moved it meanwhile."""
    values: dict[str, Any] = {
        "reached_at": to.reached_at,
        "pass_newest_at": to.newest_at,
        "pass_last_id": to.last_id,
    }
    start = insert(sweep_positions).values(name=name, **values)
    same = sweep_positions.c.pass_last_id.is_not_distinct_from(seen.last_id) & (
        sweep_positions.c.reached_at <= to.reached_at
    )
    moved = session.execute(
        start.on_conflict_do_update(index_elements=["name"], set_=values, where=same).returning(sweep_positions.c.name)
    )
    return moved.first() is not None
