"""Entitlements, asked over HTTP; an answer that is none counts as no answer."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from services.queue.classes.response_class import CalendarName, ClassTarget, ResponseClass, TakenBy
from services.queue.classes.source import Source
from shared.contracts import ClassTargetsV1, DecisionRequestV1, DecisionV1
from shared.http import PeerRefused, PeerUnavailable, ServiceClient
from shared.sentences import Sentence

_BALANCE_DEADLINE_S = 0.5
_CLASSES_DEADLINE_S = 0.5
_REMEMBERED_S = 60.0
_ASKED_AGAIN_AFTER_S = 5.0
"""How long the classes are not asked for after no answer came: not every page waits for a peer that is away."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What entitlements is asked. `requester_verified`: the address is proven and its credits may be used."""

    ticket_id: str
    requester_email: str
    requester_verified: bool
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What entitlements has decided for a ticket, as the answer to a question or as an event; times are aware."""

    decision_id: str
    ticket_id: str
    sequence: int
    response_class: ResponseClass
    starts_at: datetime
    respond_by: datetime
    target_minutes: int
    calendar: CalendarName
    source: Source | None
    reasons: tuple[Sentence, ...]


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
        response_class=_class_in(body["response_class"]),
        starts_at=body["starts_at"],
        respond_by=body["respond_by"],
        target_minutes=body["target_minutes"],
        calendar=CalendarName(**body["calendar"]),
        source=None if body["source"] is None else Source(**body["source"]),
        reasons=tuple(Sentence.from_json(reason) for reason in body["reasons"]),
    )


def _class_in(body: Mapping[str, Any]) -> ResponseClass:
    return ResponseClass(
        id=body["id"],
        rank=body["rank"],
        taken_by=TakenBy.read(body["taken_by"]),
        names=body["names"],
        sentences=body["sentences"],
    )


class EntitlementsGateway:
    """Who may have which answer time."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._classes: tuple[ClassTarget, ...] = ()
        self._ask_again_at = 0.0

    def decide(self, question: Question, deadline_s: float) -> Decision:
        """The decision for a ticket, the same one however often it is asked. Raises PeerUnavailable or PeerRefused."""
        asked = DecisionRequestV1().dump(question)
        answer = self._client.post("/v1/decisions", asked, deadline_s)
        try:
            decision = decision_in(DecisionV1().load(answer))
        except (ValidationError, ValueError) as error:
            raise PeerUnavailable("entitlements", f"nonsense: {error}", answered=True) from error
        if decision.ticket_id != question.ticket_id:
            raise PeerUnavailable("entitlements", "the answer is about another ticket", answered=True)
        return decision

    def balance(self, email: str) -> Balance | None:
        """What an address has left; None when entitlements does not say so at once: no page waits for a figure."""
        try:
            answer = self._client.get("/v1/balance", {"email": email}, _BALANCE_DEADLINE_S)
            return Balance(available=int(answer["available"]), held=int(answer["held"]))
        except (PeerUnavailable, PeerRefused, KeyError, TypeError, ValueError):
            return None

    def classes(self) -> tuple[ClassTarget, ...]:
        """The classes of the policy, the best first, at most a minute old; the last ones known when nobody answers.

        Empty when entitlements has not answered since this process began: whoever shows them has a word without them.
        """
        with self._lock:
            if time.monotonic() < self._ask_again_at:
                return self._classes
            self._ask_again_at = time.monotonic() + _ASKED_AGAIN_AFTER_S  # others do not wait beside this one
        try:
            body = ClassTargetsV1().load(self._client.get("/v1/response-classes", deadline_s=_CLASSES_DEADLINE_S))
        except (PeerUnavailable, PeerRefused, ValidationError):
            return self._classes
        classes = tuple(
            ClassTarget(
                response_class=_class_in(item["response_class"]),
                target_minutes=item["target_minutes"],
                calendar=CalendarName(**item["calendar"]),
            )
            for item in body["items"]
        )
        with self._lock:
            self._classes, self._ask_again_at = classes, time.monotonic() + _REMEMBERED_S
        return classes
