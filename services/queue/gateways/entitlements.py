"""Entitlements, asked over HTTP; an answer that is none counts as no answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from shared.contracts import DecisionRequestV1, DecisionV1
from shared.http import PeerRefused, PeerUnavailable, ServiceClient

_BALANCE_DEADLINE_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Question:
    """What entitlements is asked. `requester_verified`: the address is proven and its credits may be used."""

    ticket_id: str
    requester_email: str
    requester_verified: bool
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class DecisionReason:
    """One step of the way to a decision, in plain words for the customer."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class DecisionCalendar:
    """The calendar in which a decision counts; `zone` is an IANA name."""

    id: str
    name: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What entitlements has decided for a ticket, as the answer to a question or as an event; times are aware."""

    decision_id: str
    ticket_id: str
    sequence: int
    response_class: str
    starts_at: datetime
    respond_by: datetime
    target_minutes: int
    calendar: DecisionCalendar
    grant_id: str | None
    reasons: tuple[DecisionReason, ...]


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The incidents that an address has left."""

    available: int
    held: int


def decision_in(body: Mapping[str, Any]) -> Decision:
    """The decision in a body that the contract DecisionV1 has read."""
    return Decision(
        decision_id=body["decision_id"],
        ticket_id=body["ticket_id"],
        sequence=body["sequence"],
        response_class=body["response_class"],
        starts_at=body["starts_at"],
        respond_by=body["respond_by"],
        target_minutes=body["target_minutes"],
        calendar=DecisionCalendar(**body["calendar"]),
        grant_id=body["grant_id"],
        reasons=tuple(DecisionReason(**reason) for reason in body["reasons"]),
    )


class EntitlementsGateway:
    """Who may have which answer time."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def decide(self, question: Question, deadline_s: float) -> Decision:
        """The decision for a ticket, the same one however often it is asked. Raises PeerUnavailable or PeerRefused."""
        asked = DecisionRequestV1().dump(question)
        answer = self._client.post("/v1/decisions", asked, deadline_s)
        try:
            body = DecisionV1(unknown="exclude").load(answer)
        except ValidationError as error:
            raise PeerUnavailable("entitlements", f"nonsense: {sorted(error.messages)}") from error
        if body["ticket_id"] != question.ticket_id:
            raise PeerUnavailable("entitlements", "the answer is about another ticket")
        return decision_in(body)

    def balance(self, email: str) -> Balance | None:
        """What an address has left; None when entitlements does not say so at once: no page waits for a figure."""
        try:
            answer = self._client.get("/v1/balance", {"email": email}, _BALANCE_DEADLINE_S)
            return Balance(available=int(answer["available"]), held=int(answer["held"]))
        except (PeerUnavailable, PeerRefused, KeyError, TypeError, ValueError):
            return None
