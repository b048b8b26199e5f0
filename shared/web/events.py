"""The door for events: each service takes those of its peers at POST /events."""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean

from shared.contracts import EnvelopeV1
from shared.telemetry import bound_request_id
from shared.web.access import services


class Envelope(EnvelopeV1, Schema):
    """An event of a peer; `body` has the shape that the contracts name for its type."""


class EventTaken(Schema):
    """Whether the event's work was done now; false: it had been done before."""

    done_now = Boolean()


def events_api(take: Callable[[dict[str, Any]], bool], *, callers: tuple[str, ...]) -> APIBlueprint:
    """POST /events for these peers; `take` does the work of an event once and says whether that was now."""
    api = APIBlueprint("events", __name__, tag="Events")

    @api.post("/events")
    @services(*callers)
    @api.input(Envelope)
    @api.output(EventTaken)
    def take_event(json_data: dict[str, Any]) -> dict[str, Any]:
        """Take an event of a peer; its work is done once for each id."""
        with bound_request_id(json_data["request_id"]):
            return {"done_now": take(json_data)}

    return api
