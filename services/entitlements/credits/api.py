"""The balance of an account."""

from typing import Any

from apiflask import APIBlueprint

from services.entitlements.credits import credit
from services.entitlements.credits import store as ledger
from services.entitlements.credits.schemas import Balance, BalanceQuery
from services.entitlements.web import context
from shared import clock
from shared.email_address import contact_key
from shared.web.access import allow

credits_api = APIBlueprint("credits", __name__, tag="Credits")


@credits_api.get("/v1/balance")
@allow(services=("queue",), scope="balances:read")
@credits_api.input(BalanceQuery, location="query")
@credits_api.output(Balance)
def show_balance(query_data: dict[str, Any]) -> credit.Balance:
    """How many incident credits the account of an address has: a contact of a company sees the company's."""
    with context().db.single() as session:
        return ledger.balance(session, contact_key(query_data["email"]), clock.now())
