"""The classes of the policy as this service's API has them."""

from apiflask import Schema

from shared.contracts import ClassTargetsV1


class ClassTargets(ClassTargetsV1, Schema):
    """All classes of the policy in force, the best first."""
