"""Events that leave a service: written with the change they tell of, delivered when the consumer has said 2xx."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared import clock
from shared.contracts import EVENTS
from shared.db import Database, wake_after_commit
from shared.http import PeerUnavailable, ServiceClient
from shared.ids import new_id
from shared.language import N_
from shared.retention import Retention
from shared.telemetry import bound_request_id, request_id
from shared.work.columns import work_columns, work_indexes
from shared.work.item import Item
from shared.work.kind import WorkKind
from shared.work.run import run_batches

BATCH = 50


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
        *work_columns(),
        *work_indexes("outbox"),
        sa.Index("outbox_by_occurred_at", "occurred_at", postgresql_using="brin"),
    )


def events_kept(outbox: sa.Table, days: int) -> Retention:
    """For so long one can see what was told; what is not delivered stays, and what is parked."""
    delivered = outbox.c.due_at.is_(None) & outbox.c.parked_at.is_(None)
    return Retention(table=outbox, since="occurred_at", days=days, only=delivered)


_outbox = outbox_table(sa.MetaData())
WORK = WorkKind(
    "outbox",
    _outbox,
    title=N_("Events for another service"),
    about="type",
    lane="recipient",
    longest=timedelta(seconds=5),
)


def publish(session: Session, event_type: str, body: dict[str, Any], *, to: str) -> str:
    """Write an event into the caller's transaction; returns its id.

    `body` holds Python values (aware datetimes) in the shape that contracts.EVENTS names for the type.
    """
    schema = EVENTS[event_type]()
    written = schema.dump(body)
    if wrong := schema.validate(written):
        raise ValueError(f"{event_type} does not fit its contract: {wrong}")
    event_id = new_id("evt")
    session.execute(
        _outbox.insert().values(
            id=event_id,
            type=event_type,
            recipient=to,
            body=written,
            request_id=request_id(),
            occurred_at=clock.now(),
        )
    )
    wake_after_commit(session, "relay_outbox")
    return event_id


def relay(db: Database, peers: Mapping[str, ServiceClient]) -> int:
    """Deliver what is due; returns how many events a consumer has taken. Two relays at once share the work."""
    return run_batches(db, WORK, _Delivery(peers), most=BATCH)


class _Delivery:
    """One run over the events: a peer that does not answer once is not asked again in it."""

    def __init__(self, peers: Mapping[str, ServiceClient]) -> None:
        self._peers = peers
        self._away: set[str] = set()

    def __call__(self, item: Item) -> None:
        event = item.row
        if event.recipient in self._away:
            raise PeerUnavailable(event.recipient, "it did not answer a moment ago")
        envelope = {
            "id": event.id,
            "type": event.type,
            "occurred_at": event.occurred_at.isoformat(),
            "request_id": event.request_id,
            "body": event.body,
        }
        with bound_request_id(event.request_id):
            try:
                self._peers[event.recipient].post("/events", envelope)
            except PeerUnavailable as error:
                if not error.answered:
                    self._away.add(event.recipient)
                raise
