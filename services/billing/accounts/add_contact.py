"""Add a person to a company: what the person has bought alone, and buys from now on, is the company's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from services.billing.accounts import store as accounts
from services.billing.accounts.account import Account
from services.billing.accounts.errors import AccountNotFound, ContactTaken, NotACompany
from services.billing.accounts.tell import tell
from services.billing.context import Context
from shared import audit, clock
from shared.audit import Change
from shared.email_address import contact_key, normal_address


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRequest:
    """An address that is to belong to a company. `actor` is who asks, as the audit trail names them."""

    account_id: str
    email: str
    actor: str


def add_contact(context: Context, request: ContactRequest) -> Account:
    """The company with this person; asked again, nothing changes.

    An account that the address had of its own is absorbed: never deleted, its orders and its lines in the books keep
    its id and are shown under the company. Raises AddressInvalid, AccountNotFound, NotACompany, ContactTaken.
    """
    email = contact_key(normal_address(request.email))
    with context.db.transaction() as session:
        own = accounts.lock_contact(session, email)
        company = accounts.lock(session, request.account_id)
        if company is None:
            raise AccountNotFound(request.account_id)
        if not company.is_company:
            raise NotACompany(request.account_id)
        if own == company.account_id:
            return company
        return _add(session, company, email, own, request.actor)


def _add(session: Session, company: Account, email: str, own: str | None, actor: str) -> Account:
    now = clock.now()
    if own is None:
        accounts.insert_contact(session, email, company.account_id)
    else:
        _absorb(session, own, company, email, actor, now=now)
    version, number = accounts.count_change(session, company.account_id)
    changed = accounts.find(session, company.account_id)
    if changed is None or changed.version != version:
        raise RuntimeError(f"{company.account_id} was locked and has changed all the same")
    change = Change(actor=actor, action="contact_added", why=f"{email} belongs to it.", at=now)
    before = {"contact_emails": list(company.contact_emails), "absorbed": list(company.absorbed)}
    tell(session, change, changed, number=number, before=before)
    return changed


def _absorb(session: Session, own: str, company: Account, email: str, actor: str, *, now: datetime) -> None:
    """What was a person's account becomes a part of the company's. Another company's people stay with it."""
    person = accounts.lock(session, own)
    if person is None:
        raise AccountNotFound(own)
    if person.is_company:
        raise ContactTaken(email, account_id=own, company=person.label)
    accounts.move_contact(session, email, company.account_id)
    number = accounts.absorb(session, own, into=company.account_id)
    # Entitlements hears of it by the company's event, which names what was absorbed.
    audit.append(
        session,
        Change(actor=actor, action="absorbed", why=f"{email} belongs to {company.label}.", at=now),
        aggregate="account",
        aggregate_id=own,
        number=number,
        owner_key=company.account_id,
        before={"contact_emails": [email]},
        after={"merged_into": company.account_id},
    )
