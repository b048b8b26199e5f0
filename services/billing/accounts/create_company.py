"""Make a company, so that its people share what it buys."""

from dataclasses import dataclass

from services.billing.accounts import store as accounts
from services.billing.accounts.account import Account, tidy_name
from services.billing.accounts.errors import CompanyExists, CompanyNameMissing
from services.billing.accounts.tell import tell
from services.billing.context import Context
from shared import clock
from shared.audit import Change
from shared.ids import new_id


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyRequest:
    """A company to be made. `actor` is who asks, as the audit trail names them."""

    name: str
    actor: str


def create_company(context: Context, request: CompanyRequest) -> Account:
    """The new company, without people yet. Raises CompanyNameMissing, CompanyExists."""
    name = tidy_name(request.name)
    if not name:
        raise CompanyNameMissing
    now = clock.now()
    company = Account(
        account_id=new_id("acc"),
        name=name,
        version=1,
        merged_into=None,
        created_at=now,
        contact_emails=(),
        absorbed=(),
    )
    change = Change(actor=request.actor, action="created", why="A company was made.", at=now)
    with context.db.transaction() as session:
        if not accounts.insert_account(session, company.account_id, name, now=now):
            raise CompanyExists(name, accounts.find_company(session, name) or "")
        tell(session, change, company, number=1)
    return company
