"""The promise that a decision of entitlements holds."""

from collections.abc import Mapping
from typing import Any

from services.queue.domain.promise import CalendarName, Promise, Reason, ResponseClass


def promise_of(decision: Mapping[str, Any]) -> Promise:
    """The promise in a decision (contract DecisionV1, read: times are aware)."""
    return Promise(
        response_class=ResponseClass(decision["response_class"]),
        starts_at=decision["starts_at"],
        respond_by=decision["respond_by"],
        target_minutes=decision["target_minutes"],
        calendar=CalendarName(**decision["calendar"]),
        reasons=tuple(Reason(**reason) for reason in decision["reasons"]),
        decision_id=decision["decision_id"],
        sequence=decision["sequence"],
        grant_id=decision["grant_id"],
    )
