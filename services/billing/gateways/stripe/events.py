"""Events out of Stripe's list, in the bytes that a webhook would have carried."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe

from services.billing.gateways.stripe.client import PAGE, translated
from services.billing.gateways.stripe.fields import Json, moment_of


@dataclass(frozen=True, kw_only=True, slots=True)
class StripeEvent:
    """An event out of Stripe's list: its id, type and bytes, which name the object that it tells of."""

    event_id: str
    type: str
    created_at: datetime
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPage:
    """A page of Stripe's list, newest first."""

    events: tuple[StripeEvent, ...]
    has_more: bool


def event_of(event: Json) -> StripeEvent:
    """An event."""
    body = json.dumps(event, separators=(",", ":")).encode()
    return StripeEvent(event_id=event["id"], type=event["type"], created_at=moment_of(event["created"]), body=body)


class Events:
    """Stripe's events."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_page(self, since: datetime, types: Sequence[str], *, after: str | None) -> EventPage:
        """Events of these types made at or after `since`, newest first, that come after the event of the id `after`."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "types": list(types), "limit": PAGE}
        if after is not None:
            params["starting_after"] = after
        with translated(changes=False):
            listed = self._client.v1.events.list(params)
        return EventPage(events=tuple(event_of(event.to_dict()) for event in listed.data), has_more=listed.has_more)
