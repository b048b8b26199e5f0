"""The policy in the shapes of the contracts, as Python values."""

from typing import Any

from services.entitlements.policies.policy import Policy, ResponseClass


def class_targets(policy: Policy) -> dict[str, Any]:
    """The policy as ClassTargetsV1."""
    return {"policy_version": policy.version, "items": [_class_target(one) for one in policy.classes]}


def _class_target(one: ResponseClass) -> dict[str, Any]:
    calendar = one.calendar
    return {
        "response_class": {
            "id": one.id,
            "rank": one.rank,
            "taken_by": one.taken_by,
            "names": one.names,
            "sentences": one.sentences,
        },
        "target_minutes": one.target_minutes,
        "calendar": {"id": calendar.id, "names": calendar.names, "zone": calendar.hours.zone},
    }
