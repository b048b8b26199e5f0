"""The shapes of what the services say to each other: no logic, the version in each name.

A field that was published stays as it is. A new field may join a shape without a new version as long as it is optional:
whoever reads a contract leaves out what it does not know, so that one service can be upgraded before the other. A new
required field, another meaning or a field that goes is a new version beside the old one. A test holds all of this.
"""

from shared.contracts.classes import ClassTargetsV1, ResponseClassV1
from shared.contracts.decisions import DecisionRequestV1, DecisionV1, ReasonV1, SourceV1
from shared.contracts.events import EVENTS, EnvelopesV1, EnvelopeV1, shape_of

__all__ = [
    "EVENTS",
    "ClassTargetsV1",
    "DecisionRequestV1",
    "DecisionV1",
    "EnvelopeV1",
    "EnvelopesV1",
    "ReasonV1",
    "ResponseClassV1",
    "SourceV1",
    "shape_of",
]
