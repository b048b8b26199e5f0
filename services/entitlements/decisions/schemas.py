"""The question and its answer as this service's API has them."""

from apiflask import Schema

from shared.contracts import DecisionRequestV1, DecisionV1


class DecisionRequest(DecisionRequestV1, Schema):
    """The facts of a ticket."""


class Decision(DecisionV1, Schema):
    """The promise of a ticket, and why."""
