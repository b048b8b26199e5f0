"""Entitlements, asked over HTTP; an answer that is none counts as no answer."""

from marshmallow import ValidationError

from services.queue.domain.decisions import promise_of
from services.queue.domain.offers import Balance
from services.queue.domain.promise import Promise
from services.queue.ports import Question
from shared.contracts import DecisionRequestV1, DecisionV1
from shared.http import PeerUnavailable, ServiceClient


class EntitlementsGateway:
    """Satisfies ports.Entitlements."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def decide(self, question: Question, deadline_s: float) -> Promise:
        """See ports.Entitlements."""
        asked = DecisionRequestV1().dump(question)
        answer = self._client.post("/v1/decisions", asked, deadline_s)
        try:
            decision = DecisionV1(unknown="exclude").load(answer)
        except ValidationError as error:
            raise PeerUnavailable("entitlements", f"nonsense: {sorted(error.messages)}") from error
        if decision["ticket_id"] != question.ticket_id:
            raise PeerUnavailable("entitlements", "the answer is about another ticket")
        return promise_of(decision)

    def balance(self, email: str, deadline_s: float) -> Balance:
        """See ports.Entitlements."""
        answer = self._client.get("/v1/balance", {"email": email}, deadline_s)
        try:
            return Balance(available=int(answer["available"]), held=int(answer["held"]))
        except (KeyError, TypeError, ValueError) as error:
            raise PeerUnavailable("entitlements", "nonsense") from error
