"""The HTTP API of entitlements: what others ask."""

from typing import Any

from apiflask import APIBlueprint

from services.entitlements.errors import DecisionNotFound
from services.entitlements.store import credit_ledger, decisions
from services.entitlements.use_cases.decide_ticket import as_contract, decide_ticket
from services.entitlements.web import context
from services.entitlements.web.schemas import Balance, BalanceQuery, Decision, DecisionRequest, Trace
from shared import clock
from shared.web.access import allow, services

api = APIBlueprint("api", __name__, tag="Entitlements")


@api.post("/v1/decisions")
@services("queue")
@api.input(DecisionRequest)
@api.output(Decision)
def decide(json_data: dict[str, Any]) -> dict[str, Any]:
    """Decide which promise a ticket carries. The same ticket gets the same decision, however often it is asked."""
    return decide_ticket(context().db, context().policy, json_data)


@api.get("/v1/decisions/<ticket_id>")
@allow(services=("queue", "billing"), api_keys=True)
@api.output(Decision)
def show_decision(ticket_id: str) -> dict[str, Any]:
    """The decision in force for a ticket."""
    with context().db.transaction() as session:
        found = decisions.latest(session, ticket_id)
    if found is None:
        raise DecisionNotFound(ticket_id)
    return as_contract(found)


@api.get("/v1/balance")
@allow(services=("queue",), api_keys=True)
@api.input(BalanceQuery, location="query")
@api.output(Balance)
def show_balance(query_data: dict[str, Any]) -> dict[str, Any]:
    """How many incident credits the account of an address has."""
    with context().db.transaction() as session:
        account_id = credit_ledger.account_of(session, query_data["email"].lower())
        if account_id is None:
            return {"account_id": None, "available": 0, "held": 0}
        return {"account_id": account_id, **credit_ledger.balance(session, account_id, clock.now())}


@api.get("/v1/traces/<order_id>")
@allow(services=("billing",), api_keys=True)
@api.output(Trace)
def show_trace(order_id: str) -> dict[str, Any]:
    """What became of the credits that an order bought; an order without a grant (yet) has an empty list."""
    with context().db.transaction() as session:
        return {"order_id": order_id, "grants": credit_ledger.grants_of_order(session, order_id)}
