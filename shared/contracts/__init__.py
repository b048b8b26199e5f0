"""The shapes of what the services say to each other: no logic, the version in each name.

A shape never changes under its name: a new field or meaning is a new version beside the old one, and a test holds the
fields as they were published.
"""

from shared.contracts.decisions import DecisionRequestV1, DecisionV1, ReasonV1
from shared.contracts.events import EVENTS, EnvelopeV1

__all__ = ["EVENTS", "DecisionRequestV1", "DecisionV1", "EnvelopeV1", "ReasonV1"]
