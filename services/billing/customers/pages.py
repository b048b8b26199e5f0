"""The pages of customers: find one, see what they bought, make a company, add a person to it."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.billing.accounts import store as accounts
from services.billing.accounts.add_contact import ContactRequest, add_contact
from services.billing.accounts.create_company import CompanyRequest, create_company
from services.billing.customers.give_up import GiveUpRequest, give_up
from services.billing.customers.look_up import look_up
from services.billing.customers.view import headline, order_lines
from services.billing.web import actor, context
from shared.errors import Kind, ServiceError
from shared.web.access import current_caller, staff
from shared.web.problems import words_of

customers = Blueprint("customers", __name__, template_folder="templates")

SHOWN = 50
LONGEST_NAME = 200
_ROLES = ("finance", "supervisor", "operator")


def _list(refusal: ServiceError | None = None) -> str:
    words, after = request.args.get("q", "").strip(), request.args.get("after")
    with context().db.transaction() as session:
        found = accounts.search(session, words, after=after, limit=SHOWN + 1)
    return render_template(
        "customers.html",
        words=words,
        accounts=found[:SHOWN],
        next_after=found[SHOWN - 1].account_id if len(found) > SHOWN else None,
        name=request.form.get("name", ""),
        errors={refusal.field: words_of(refusal)} if refusal else None,
        taken_by=refusal.facts.get("account_id") if refusal else None,
    )


def _show(account_id: str, refusal: ServiceError | None = None) -> str:
    customer = look_up(context(), account_id, before=request.args.get("before"), limit=SHOWN + 1)
    shown, caller = order_lines(customer, context().catalog), current_caller()
    return render_template(
        "customer.html",
        account=customer.account,
        sentence=headline(customer.account),
        balances=customer.balances,
        lines=shown[:SHOWN],
        next_before=customer.orders[SHOWN - 1].order_id if len(shown) > SHOWN else None,
        email=request.form.get("email", ""),
        may_decide=caller is not None and "finance" in caller.roles,
        errors={refusal.field: words_of(refusal)} if refusal else None,
        taken_by=refusal.facts.get("account_id") if refusal else None,
    )


@customers.get("/finance/accounts")
@staff(*_ROLES)
def list_accounts() -> str:
    """All customers, newest first, or those whose name or address holds what was searched for."""
    return _list()


@customers.post("/finance/accounts")
@staff(*_ROLES)
def make_company() -> Response | tuple[str, int]:
    """Make the company that the form names."""
    name = request.form.get("name", "")[:LONGEST_NAME]
    try:
        company = create_company(context(), CompanyRequest(name=name, actor=actor()))
    except ServiceError as refusal:
        return _list(refusal), refusal.status
    return redirect(f"/finance/accounts/{company.account_id}", code=303)


@customers.get("/finance/accounts/<account_id>")
@staff(*_ROLES)
def show_account(account_id: str) -> str:
    """One customer: who belongs to it, what was bought, and how the money stands."""
    return _show(account_id)


@customers.post("/finance/orders/<order_id>/give-up")
@staff("finance")
def give_up_order(order_id: str) -> Response:
    """Give up an order whose payment was not what was ordered."""
    account_id = give_up(context(), GiveUpRequest(order_id=order_id, actor=actor()))
    return redirect(f"/finance/accounts/{account_id}", code=303)


@customers.post("/finance/accounts/<account_id>/contacts")
@staff(*_ROLES)
def add_person(account_id: str) -> Response | tuple[str, int]:
    """Add the person whose address the form names."""
    asked = ContactRequest(account_id=account_id, email=request.form.get("email", ""), actor=actor())
    try:
        add_contact(context(), asked)
    except ServiceError as refusal:
        if refusal.kind is Kind.NOT_FOUND:
            raise
        return _show(account_id, refusal), refusal.status
    return redirect(f"/finance/accounts/{account_id}", code=303)
