"""The balance of an account."""

from typing import Any

from apiflask import APIBlueprint

from services.entitlements.accounts import store as accounts
from services.entitlements.credits import store as ledger
from services.entitlements.credits.schemas import Balance, BalanceQuery
from services.entitlements.web import context
from shared import clock
from shared.web.access import allow

credits_api = APIBlueprint("credits", __name__, tag="Credits")


@credits_api.get("/v1/balance")
@allow(services=("queue",), api_keys=True)
@credits_api.input(BalanceQuery, location="query")
@credits_api.output(Balance)
def show_balance(query_data: dict[str, Any]) -> dict[str, Any]:
    """How many incident credits the account of an address has."""
    with context().db.transaction() as session:
        account_id = accounts.account_of(session, query_data["email"].lower())
        if account_id is None:
            return {"account_id": None, "available": 0, "held": 0}
        return {"account_id": account_id, **ledger.balance(session, account_id, clock.now())}
