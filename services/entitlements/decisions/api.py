"""The question what a ticket is entitled to."""

from typing import Any

from apiflask import APIBlueprint

from services.entitlements.decisions import store as decisions
from services.entitlements.decisions.decide import Question, decide_ticket
from services.entitlements.decisions.errors import DecisionNotFound
from services.entitlements.decisions.schemas import Decision, DecisionRequest
from services.entitlements.decisions.told import as_contract
from services.entitlements.web import context
from shared.web.access import allow, services

decisions_api = APIBlueprint("decisions", __name__, tag="Decisions")


@decisions_api.post("/v1/decisions")
@services("queue")
@decisions_api.input(DecisionRequest)
@decisions_api.output(Decision)
def decide(json_data: dict[str, Any]) -> dict[str, Any]:
    """Decide which promise a ticket carries. The same ticket gets the same decision, however often it is asked."""
    question = Question(
        ticket_id=json_data["ticket_id"],
        requester_email=json_data["requester_email"],
        requester_verified=json_data["requester_verified"],
        opened_at=json_data["opened_at"],
    )
    return as_contract(decide_ticket(context(), question))


@decisions_api.get("/v1/decisions/<ticket_id>")
@allow(services=("queue", "billing"), scope="decisions:read")
@decisions_api.output(Decision)
def show_decision(ticket_id: str) -> dict[str, Any]:
    """The decision in force for a ticket."""
    with context().db.single() as session:
        found = decisions.latest(session, ticket_id)
    if found is None:
        raise DecisionNotFound(ticket_id)
    return as_contract(found)
