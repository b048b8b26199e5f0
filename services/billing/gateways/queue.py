"""Queue, asked over HTTP: how a ticket stands and when a person first answered it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from services.billing.gateways.answers import moment_of
from shared.http import PeerUnavailable, ServiceClient


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """What queue says of a ticket; None for what has not happened, or what queue leaves out."""

    number: int | None
    state: str | None
    opened_at: datetime | None
    first_responded_at: datetime | None
    minutes_to_first_response: int | None


class QueueGateway:
    """Questions to queue. Each raises PeerUnavailable (also for an answer that is none) and PeerRefused."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def ticket(self, ticket_id: str, *, deadline_s: float) -> Ticket:
        """A ticket as it stands. PeerRefused where queue does not know it."""
        # An integrator names tickets as it likes: what it wrote stays one step of the path.
        answer = self._client.get(f"/v1/tickets/{quote(ticket_id, safe='')}", deadline_s=deadline_s)
        try:
            return _ticket(answer)
        except (TypeError, ValueError) as error:
            raise PeerUnavailable("queue", "nonsense") from error


def _ticket(answer: dict[str, Any]) -> Ticket:
    number, state, minutes = (answer.get(name) for name in ("number", "state", "minutes_to_first_response"))
    return Ticket(
        number=None if number is None else int(number),
        state=None if state is None else str(state),
        opened_at=moment_of(answer.get("opened_at")),
        first_responded_at=moment_of(answer.get("first_responded_at")),
        minutes_to_first_response=None if minutes is None else int(minutes),
    )
