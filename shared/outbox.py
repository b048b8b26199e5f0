"""Events that leave a service: written with the change they tell of, delivered when the consumer has said 2xx."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared import clock
from shared.contracts import EVENTS
from shared.db import Database, wake_after_commit
from shared.http import PeerRefused, PeerUnavailable, ServiceClient
from shared.ids import new_id
from shared.telemetry import bound_request_id, get_logger, request_id

log = get_logger()

BATCH = 50
CLAIM = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(seconds=30)
"""No pause is longer, so that a minute after a fault has ended nothing is pending."""
PARK_AFTER_REFUSALS = 10


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    """The outbox of a service, to stand in its own tables.py and migrations."""
    return sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("parked_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text),
        sa.Index(
            "outbox_undelivered",
            "next_attempt_at",
            postgresql_where=sa.text("delivered_at IS NULL AND parked_at IS NULL"),
        ),
        sa.Index("outbox_parked", "parked_at", postgresql_where=sa.text("parked_at IS NOT NULL")),
    )


_outbox = outbox_table(sa.MetaData())
_undelivered = _outbox.c.delivered_at.is_(None) & _outbox.c.parked_at.is_(None)


def publish(session: Session, event_type: str, body: dict[str, Any], *, to: str) -> str:
    """Write an event into the caller's transaction; returns its id.

    `body` holds Python values (aware datetimes) in the shape that contracts.EVENTS names for the type.
    """
    schema = EVENTS[event_type]()
    written = schema.dump(body)
    if wrong := schema.validate(written):
        raise ValueError(f"{event_type} does not fit its contract: {wrong}")
    event_id, now = new_id("evt"), clock.now()
    session.execute(
        _outbox.insert().values(
            id=event_id,
            type=event_type,
            recipient=to,
            body=written,
            request_id=request_id(),
            occurred_at=now,
            next_attempt_at=now,
        )
    )
    wake_after_commit(session, "relay_outbox")
    return event_id


def pending(session: Session) -> int:
    """How many events wait for their consumer."""
    return session.execute(sa.select(sa.func.count()).select_from(_outbox).where(_undelivered)).scalar_one()


def parked(session: Session) -> int:
    """How many events a consumer refused so often that a person must look."""
    return session.execute(
        sa.select(sa.func.count()).select_from(_outbox).where(_outbox.c.parked_at.is_not(None))
    ).scalar_one()


def relay(db: Database, peers: dict[str, ServiceClient]) -> int:
    """Deliver what is due, a batch at a time; returns how many were delivered. Two relays at once share the work."""
    delivered, away = 0, set[str]()
    while batch := _claim(db):
        for event in batch:
            # One unanswered call is enough to know: the rest of a hung peer's events wait without a time-out each.
            if event.recipient in away:
                continue
            with bound_request_id(event.request_id):
                outcome = _deliver(db, peers[event.recipient], event)
            delivered += outcome is Outcome.DELIVERED
            if outcome is Outcome.UNANSWERED:
                away.add(event.recipient)
        if len(batch) < BATCH:
            break
    return delivered


def _claim(db: Database) -> list[sa.Row[Any]]:
    """Take due events for half a minute; whoever dies with them leaves them to the next relay."""
    now = clock.now()
    due = (
        sa.select(_outbox.c.id)
        .where(_undelivered, _outbox.c.next_attempt_at <= now)
        .order_by(_outbox.c.next_attempt_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    with db.transaction() as session:
        return list(
            session.execute(
                _outbox.update()
                .where(_outbox.c.id.in_(due.scalar_subquery()))
                .values(next_attempt_at=now + CLAIM, attempts=_outbox.c.attempts + 1)
                .returning(_outbox)
            ).all()
        )


class Outcome(Enum):
    """What became of one delivery."""

    DELIVERED = "delivered"
    POSTPONED = "postponed"
    """The peer lives and cannot take this one yet."""
    UNANSWERED = "unanswered"
    REFUSED = "refused"


def _deliver(db: Database, peer: ServiceClient, event: sa.Row[Any]) -> Outcome:
    envelope = {
        "id": event.id,
        "type": event.type,
        "occurred_at": event.occurred_at.isoformat(),
        "request_id": event.request_id,
        "body": event.body,
    }
    try:
        peer.post("/events", envelope)
    except PeerUnavailable as error:
        log.warning("event waits", event_id=event.id, type=event.type, why=error.message)
        _record(db, event, error=error.message)
        return Outcome.POSTPONED if error.answered else Outcome.UNANSWERED
    except PeerRefused as error:
        # Attempts that nobody answered do not count: an outage says nothing about the event.
        refusals = event.refusals + 1
        park = refusals >= PARK_AFTER_REFUSALS
        log.error("event refused", event_id=event.id, type=event.type, why=error.message, parked=park)
        _record(db, event, error=error.message, refusals=refusals, parked_at=clock.now() if park else None)
        return Outcome.REFUSED
    _record(db, event)
    return Outcome.DELIVERED


def _record(db: Database, event: sa.Row[Any], *, error: str | None = None, **more: Any) -> None:
    now: datetime = clock.now()
    if error is None:
        outcome: dict[str, Any] = {"delivered_at": now, "last_error": None}
    else:
        pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(event.attempts, 6)))
        outcome = {"next_attempt_at": now + pause, "last_error": error[:500], **more}
    with db.transaction() as session:
        session.execute(_outbox.update().where(_outbox.c.id == event.id).values(**outcome))
