"""Events that arrive: each is done once, in the transaction that stores its id."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from marshmallow import ValidationError
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from shared import clock
from shared.contracts import EVENTS, shape_of
from shared.db import Database
from shared.errors import Kind, ServiceError
from shared.retention import Retention
from shared.telemetry import bound_request_id


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
_now = sa.bindparam("received_now", type_=_inbox.c.received_at.type)


_received = sa.func.unnest(sa.bindparam("ids", type_=ARRAY(sa.Text)), sa.bindparam("types", type_=ARRAY(sa.Text)))
_event = _received.table_valued("id", "type", name="received").render_derived()
_RECEIVE = (
    insert(_inbox)
    # In one order, so that two deliveries of the same events wait for each other and not crosswise.
    .from_select(["id", "type", "received_at"], sa.select(_event.c.id, _event.c.type, _now).order_by(_event.c.id))
    .on_conflict_do_nothing()
    .returning(_inbox.c.id)
)


def take(db: Database, events: Sequence[Mapping[str, Any]], do: Callable[[Session, str, dict[str, Any]], None]) -> int:
    """Do the work of these events (EnvelopeV1), each once, in one transaction; returns for how many it was done now.

    `do` is given the type of an event and its body as Python values. When one of them cannot be done none is: several
    at once are for speed only, and whoever sent them sends each alone then. Raises UnknownEvent, and what `do` raises.
    """
    bodies = [read_body(event["type"], event["body"]) for event in events]
    with db.transaction() as session:
        new = receive(session, {event["id"]: event["type"] for event in events})
        done = 0
        for event, body in zip(events, bodies, strict=True):
            if event["id"] in new:
                new.remove(event["id"])
                with bound_request_id(event.get("request_id")):
                    do(session, event["type"], body)
                done += 1
    return done


def receive(session: Session, events: Mapping[str, str]) -> set[str]:
    """Claim events (id and type) inside the transaction that does their work; the ids of those not done before.

    A parallel delivery of the same event waits here until the first has committed or rolled back.
    """
    claimed = session.execute(
        _RECEIVE, {"ids": list(events), "types": list(events.values()), "received_now": clock.now()}
    )
    return set(claimed.scalars())


def read_body(event_type: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body of an event as Python values, checked against its contract. Raises UnknownEvent."""
    if event_type not in EVENTS:
        raise UnknownEvent(f"There is no event {event_type!r}. Send one that the contracts name.", field="type")
    try:
        loaded: dict[str, Any] = shape_of(event_type).load(body)
    except ValidationError as error:
        raise UnknownEvent(f"The body of {event_type} is not in its shape: {error.messages}", field="body") from error
    return loaded
