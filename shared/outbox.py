"""Events that leave a service: written with the change they tell of, delivered when the consumer has said 2xx."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared import clock
from shared.contracts import shape_of
from shared.db import Database, wake_after_commit
from shared.errors import ServiceError
from shared.http import PeerUnavailable, ServiceClient
from shared.ids import new_id
from shared.language import N_
from shared.retention import Retention
from shared.telemetry import bound_request_id, get_logger, request_id
from shared.work.columns import work_columns, work_indexes
from shared.work.item import Item
from shared.work.kind import WorkKind
from shared.work.run import run_batches

log = get_logger()

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
_INSERT = _outbox.insert()
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
    schema = shape_of(event_type)
    written = schema.dump(body)
    if wrong := schema.validate(written):
        raise ValueError(f"{event_type} does not fit its contract: {wrong}")
    event_id = new_id("evt")
    session.execute(
        _INSERT,
        {
            "id": event_id,
            "type": event_type,
            "recipient": to,
            "body": written,
            "request_id": request_id(),
            "occurred_at": clock.now(),
        },
    )
    wake_after_commit(session, "relay_outbox")
    return event_id


def relay(db: Database, peers: Mapping[str, ServiceClient]) -> int:
    """Deliver what is due; returns how many events a consumer has taken. Two relays at once share the work."""
    delivery = _Delivery(peers)
    return run_batches(db, WORK, delivery.one, most=BATCH, together=delivery.together)


class _Delivery:
    """One run over the events: a peer that does not answer an event once is not asked again in it."""

    def __init__(self, peers: Mapping[str, ServiceClient]) -> None:
        self._peers = peers
        self._away: set[str] = set()

    def one(self, item: Item) -> None:
        """Deliver an event."""
        event = item.row
        if event.recipient in self._away:
            raise PeerUnavailable(event.recipient, "it did not answer a moment ago")
        with bound_request_id(event.request_id):
            try:
                self._peers[event.recipient].post("/events", _envelope(event))
            except PeerUnavailable as error:
                if not error.answered:
                    self._away.add(event.recipient)
                raise

    def together(self, items: Sequence[Item]) -> list[Item]:
        """Deliver several events of a peer in one request; those that were taken.

        The peer takes all or none. Whatever went wrong, with whichever of them, is found out one by one.
        """
        taken: list[Item] = []
        for recipient in dict.fromkeys(item.lane for item in items):
            theirs = [item for item in items if item.lane == recipient]
            if len(theirs) == 1 or recipient in self._away:
                continue
            try:
                self._peers[recipient].post("/events/batch", {"events": [_envelope(item.row) for item in theirs]})
            except ServiceError as error:
                log.info("events are sent one by one", to=recipient, events=len(theirs), why=error.message)
            else:
                taken += theirs
        return taken


def _envelope(event: "sa.Row[Any]") -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "occurred_at": event.occurred_at.isoformat(),
        "request_id": event.request_id,
        "body": event.body,
    }
