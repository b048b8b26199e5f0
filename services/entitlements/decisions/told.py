"""A decision as the other services are told of it."""

from typing import Any

from services.entitlements.decisions.decision import Decision


def as_contract(decision: Decision) -> dict[str, Any]:
    """The decision in the shape of DecisionV1, as Python values."""
    source = decision.source
    return {
        "decision_id": decision.decision_id,
        "ticket_id": decision.ticket_id,
        "sequence": decision.sequence,
        "response_class": {
            "id": decision.response_class,
            "rank": decision.rank,
            "taken_by": decision.taken_by,
            "names": decision.names,
            "sentences": decision.sentences,
        },
        "starts_at": decision.starts_at,
        "respond_by": decision.respond_by,
        "target_minutes": decision.target_minutes,
        "calendar": decision.calendar,
        "source": None if source is None else {"kind": source.kind, "id": source.id},
        "reasons": [reason.as_json() for reason in decision.reasons],
        "policy_version": decision.policy_version,
        "decided_at": decision.decided_at,
    }
