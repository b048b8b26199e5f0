"""The webhook inbox: what Stripe sent, byte for byte, and whether it was handled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.stripe_inbox.tables import sweep_cursors, webhook_events
from shared.telemetry import request_id

_unhandled = webhook_events.c.handled_at.is_(None) & webhook_events.c.parked_at.is_(None)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEvent:
    """An event as it was received. `attempts` counts the one that works on it now."""

    event_id: str
    type: str
    body: bytes
    attempts: int
    request_id: str


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
    """Keep an event; False when it was here already. One that needs no work is kept as handled."""
    stored = session.execute(
        insert(webhook_events)
        .values(
            event_id=event_id,
            type=event_type,
            source=source,
            body=body,
            created_at=created_at,
            received_at=now,
            request_id=request_id(),
            next_attempt_at=now,
            handled_at=None if needs_work else now,
        )
        .on_conflict_do_nothing(index_elements=["event_id"])
        .returning(webhook_events.c.event_id)
    )
    return stored.first() is not None


def claim(session: Session, event_id: str, *, now: datetime, pause: timedelta) -> StoredEvent | None:
    """Take an event that is due, so that nobody else does during `pause`; None when it is done, parked or taken."""
    claimed = session.execute(
        webhook_events.update()
        .where(webhook_events.c.event_id == event_id, _unhandled, webhook_events.c.next_attempt_at <= now)
        .values(next_attempt_at=now + pause, attempts=webhook_events.c.attempts + 1)
        .returning(
            webhook_events.c.event_id,
            webhook_events.c.type,
            webhook_events.c.body,
            webhook_events.c.attempts,
            webhook_events.c.request_id,
        )
    )
    row = claimed.mappings().first()
    return StoredEvent(**row) if row else None


def mark_handled(session: Session, event_id: str, *, now: datetime) -> None:
    """The event's work is done."""
    session.execute(
        webhook_events.update().where(webhook_events.c.event_id == event_id).values(handled_at=now, last_error=None)
    )


def mark_failed(session: Session, event_id: str, *, error: str, again_at: datetime | None, now: datetime) -> None:
    """The event's work failed: try again at that time, or (None) leave it to a person."""
    outcome = {"next_attempt_at": again_at} if again_at else {"parked_at": now}
    session.execute(
        webhook_events.update()
        .where(webhook_events.c.event_id == event_id, webhook_events.c.handled_at.is_(None))
        .values(last_error=error[:500], **outcome)
    )


def due(session: Session, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of events whose next attempt is due, oldest first."""
    query = (
        sa.select(webhook_events.c.event_id)
        .where(_unhandled, webhook_events.c.next_attempt_at <= now)
        .order_by(webhook_events.c.next_attempt_at)
        .limit(limit)
    )
    return session.execute(query).scalars().all()


def count_unhandled(session: Session) -> int:
    """Events whose work is not done yet."""
    return session.execute(sa.select(sa.func.count()).select_from(webhook_events).where(_unhandled)).scalar_one()


def count_parked(session: Session) -> int:
    """Events that failed so often that a person must look."""
    parked = webhook_events.c.parked_at.is_not(None) & webhook_events.c.handled_at.is_(None)
    return session.execute(sa.select(sa.func.count()).select_from(webhook_events).where(parked)).scalar_one()


def reached(session: Session, name: str) -> datetime | None:
    """Up to when a sweep over Stripe's list has seen everything."""
    return session.execute(
        sa.select(sweep_cursors.c.reached_at).where(sweep_cursors.c.name == name)
    ).scalar_one_or_none()


def move_cursor(session: Session, name: str, reached_at: datetime) -> None:
    """Remember up to when everything was seen; two sweeps at once never move it back."""
    moved = insert(sweep_cursors).values(name=name, reached_at=reached_at)
    session.execute(
        moved.on_conflict_do_update(
            index_elements=["name"],
            set_={"reached_at": sa.func.greatest(sweep_cursors.c.reached_at, moved.excluded.reached_at)},
        )
    )
