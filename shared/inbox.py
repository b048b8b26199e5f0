"""Events that arrive: each is done once, in the transaction that stores its id."""

from typing import Any, ClassVar

import sqlalchemy as sa
from marshmallow import ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared import clock
from shared.contracts import EVENTS
from shared.errors import Kind, ServiceError
from shared.retention import Retention


class UnknownEvent(ServiceError):
    """An event of a type or shape that this service does not take."""

    kind: ClassVar = Kind.INVALID
    code: ClassVar = "unknown_event"
    title: ClassVar = "The event is not understood"


def inbox_table(metadata: sa.MetaData) -> sa.Table:
    """The inbox of a service, to stand in its own tables.py and migrations."""
    return sa.Table(
        "inbox",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("inbox_by_received_at", "received_at", postgresql_using="brin"),
    )


def events_remembered(inbox: sa.Table, days: int) -> Retention:
    """For so long it is known that an event was done. Its sender tries for six hours, then a person releases it."""
    return Retention(table=inbox, since="received_at", days=days)


_inbox = inbox_table(sa.MetaData())


def receive(session: Session, event_id: str, event_type: str) -> bool:
    """Claim an event inside the transaction that does its work; False when it was done already.

    A parallel delivery of the same event waits here until the first has committed or rolled back.
    """
    claimed = session.execute(
        insert(_inbox)
        .values(id=event_id, type=event_type, received_at=clock.now())
        .on_conflict_do_nothing()
        .returning(_inbox.c.id)
    )
    return claimed.first() is not None


def read_body(event_type: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body of an event as Python values, checked against its contract. Raises UnknownEvent."""
    if event_type not in EVENTS:
        raise UnknownEvent(f"There is no event {event_type!r}. Send one that the contracts name.", field="type")
    try:
        loaded: dict[str, Any] = EVENTS[event_type]().load(body)
    except ValidationError as error:
        raise UnknownEvent(f"The body of {event_type} is not in its shape: {error.messages}", field="body") from error
    return loaded
