"""Open an account for an address that buys for the first time."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.billing.accounts import store as accounts
from services.billing.accounts.account import Account
from services.billing.accounts.tell import tell
from shared.audit import SYSTEM, Change
from shared.ids import new_id


def account_of(session: Session, email: str, *, now: datetime) -> str:
    """The id of the account of this normalized address: its company's, or its own, opened where there is none.

    The address is locked until the transaction ends, so that nobody adds it to a company in the middle of its order.
    """
    known = accounts.lock_contact(session, email)
    if known is not None:
        return known
    account_id = new_id("acc")
    accounts.insert_account(session, account_id, None, now=now)
    accounts.insert_contact(session, email, account_id)
    person = Account(
        account_id=account_id,
        name=None,
        version=1,
        merged_into=None,
        created_at=now,
        contact_emails=(email,),
        absorbed=(),
    )
    tell(
        session,
        Change(actor=SYSTEM, action="opened", why="The address orders for the first time.", at=now),
        person,
        number=1,
    )
    return account_id
