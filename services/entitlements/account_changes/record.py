"""Take over who belongs to an account, and let what an absorbed account has be the absorbing one's.

In the end every order of arrival comes to the same: of each account its newest version counts, and an account that
became a part of another stays one.
"""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from services.entitlements.accounts import store as accounts
from services.entitlements.accounts.account import Account
from services.entitlements.credits import store as ledger
from services.entitlements.tickets import store as tickets
from shared import clock
from shared.audit import Change
from shared.email_address import contact_key
from shared.telemetry import get_logger

log = get_logger()


@dataclass(frozen=True, kw_only=True)
class AccountChange:
    """An account as billing tells of it (AccountChangedV1): whole, as of its version."""

    account_id: str
    version: int
    name: str | None
    contact_emails: tuple[str, ...]
    absorbed: tuple[str, ...]


def record_account(session: Session, account_change: AccountChange) -> None:
    """Take over the account; an older version than the one that is known changes nothing."""
    accounts.lock_all(session)
    change = Change(
        actor="service:billing",
        action="changed",
        why=f"{account_change.account_id} version {account_change.version}",
        at=clock.now(),
    )
    before = accounts.lock(session, account_change.account_id, change.at)
    if account_change.version <= before.version:
        return
    # Who belongs to an account that is a part of another now is said by that one's list.
    emails = frozenset() if before.merged_into else frozenset(map(contact_key, account_change.contact_emails))
    after = replace(before, version=account_change.version, name=account_change.name, emails=emails)
    accounts.write(session, before, after, change)
    named = sorted({*account_change.absorbed, *accounts.parts_of(session, account_change.absorbed)})
    # All locks first: a purchase that knew one of them to stand alone is let finish, and its grant moves along.
    found = [accounts.lock(session, account_id, change.at) for account_id in named]
    for account in found:
        _absorb(session, account, account_change, after, change)


def _absorb(session: Session, account: Account, account_change: AccountChange, by: Account, change: Change) -> None:
    into = by.in_force
    if account.merged_into == into:
        return
    if account.account_id == into or account.merged_into not in {None, *account_change.absorbed}:
        log.error("an account cannot be absorbed", account_id=account.account_id, into=into, is_in=account.merged_into)
        return
    if by.merged_into is None and (lost := account.emails - by.emails):
        log.warning("contacts of an absorbed account are not in the list", account_id=account.account_id, n=len(lost))
    change = replace(change, action="absorbed")
    accounts.write(session, account, replace(account, merged_into=into, emails=frozenset()), change)
    tickets.move(session, account.account_id, into)
    ledger.move_to_account(session, account.account_id, into, change)
