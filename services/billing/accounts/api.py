"""Companies and their people, for programs."""

from typing import Any

from apiflask import APIBlueprint

from services.billing.accounts import schemas
from services.billing.accounts import store as accounts
from services.billing.accounts.account import Account
from services.billing.accounts.add_contact import ContactRequest, add_contact
from services.billing.accounts.create_company import CompanyRequest, create_company
from services.billing.accounts.errors import AccountNotFound
from services.billing.web import actor, context
from shared.web.access import allow
from shared.web.idempotency import idempotent

accounts_api = APIBlueprint("accounts_api", __name__, tag="Accounts")


def _account(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "name": account.name,
        "version": account.version,
        "contact_emails": account.contact_emails,
        "absorbed": account.absorbed,
        "merged_into": account.merged_into,
        "created_at": account.created_at,
    }


@accounts_api.post("/v1/accounts")
@allow(scope="accounts:write")
@idempotent
@accounts_api.input(schemas.CompanyRequest)
@accounts_api.output(schemas.Account, status_code=201)
def create_account(json_data: dict[str, Any]) -> dict[str, Any]:
    """Make a company. A person's account opens by itself with the first order."""
    return _account(create_company(context(), CompanyRequest(name=json_data["name"], actor=actor())))


@accounts_api.post("/v1/accounts/<account_id>/contacts")
@allow(scope="accounts:write")
@idempotent
@accounts_api.input(schemas.ContactRequest)
@accounts_api.output(schemas.Account)
def create_contact(account_id: str, json_data: dict[str, Any]) -> dict[str, Any]:
    """Add a person to a company: credits bought by one are there for all of its people."""
    request = ContactRequest(account_id=account_id, email=json_data["email"], actor=actor())
    return _account(add_contact(context(), request))


@accounts_api.get("/v1/accounts/<account_id>")
@allow(staff=("finance", "supervisor", "operator"), scope="accounts:read")
@accounts_api.output(schemas.Account)
def show_account(account_id: str) -> dict[str, Any]:
    """One account as it stands; one that was absorbed names its company."""
    with context().db.transaction() as session:
        account = accounts.find(session, account_id)
    if account is None:
        raise AccountNotFound(account_id)
    return _account(account)
