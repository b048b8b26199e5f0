"""The door for events: each service takes those of its peers at POST /events, several at POST /events/batch."""

from collections.abc import Callable, Sequence
from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean, Integer

from shared.contracts import EnvelopesV1, EnvelopeV1
from shared.web.access import services


class Envelope(EnvelopeV1, Schema):
    """An event of a peer; `body` has the shape that the contracts name for its type."""


class Envelopes(EnvelopesV1, Schema):
    """Several events of a peer."""


class EventTaken(Schema):
    """Whether the event's work was done now; false: it had been done before."""

    done_now = Boolean()


class EventsTaken(Schema):
    """For how many of the events the work was done now; for the others it had been done before."""

    done_now = Integer()


def events_api(take: Callable[[Sequence[dict[str, Any]]], int], *, callers: tuple[str, ...]) -> APIBlueprint:
    """The door for these peers; `take` does the work of events, each once, and says for how many that was now."""
    api = APIBlueprint("events", __name__, tag="Events")

    @api.post("/events")
    @services(*callers)
    @api.input(Envelope)
    @api.output(EventTaken)
    def take_event(json_data: dict[str, Any]) -> dict[str, Any]:
        """Take an event of a peer; its work is done once for each id."""
        return {"done_now": bool(take([json_data]))}

    @api.post("/events/batch")
    @services(*callers)
    @api.input(Envelopes)
    @api.output(EventsTaken)
    def take_events(json_data: dict[str, Any]) -> dict[str, Any]:
        """Take several events of a peer: all of them, or none where one is refused. Then send each one alone."""
        return {"done_now": take(json_data["events"])}

    return api
