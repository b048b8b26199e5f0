"""Take over who belongs to an account, and let what an absorbed account has be the absorbing one's.

In the end every order of arrival comes to the same: of each account its newest version counts, and an account that
became a part of another stays one.
"""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from services.entitlements.accounts import store as accounts
from services.entitlements.accounts.account import Account, contact_key
from services.entitlements.credits import store as ledger
from services.entitlements.tickets import store as tickets
from shared import clock
from shared.audit import Act
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


def record_account(session: Session, change: AccountChange) -> None:
    """Take over the account; an older version than the one that is known changes nothing."""
    accounts.lock_all(session)
    act = Act(
        actor="service:billing", action="changed", why=f"{change.account_id} version {change.version}", at=clock.now()
    )
    before = accounts.lock(session, change.account_id, act.at)
    if change.version <= before.version:
        return
    # Who belongs to an account that is a part of another now is said by that one's list.
    emails = frozenset() if before.merged_into else frozenset(map(contact_key, change.contact_emails))
    after = replace(before, version=change.version, name=change.name, emails=emails)
    accounts.write(session, before, after, act)
    named = sorted({*change.absorbed, *accounts.parts_of(session, change.absorbed)})
    # All locks first: a purchase that knew one of them to stand alone is let finish, and its grant moves along.
    found = [accounts.lock(session, account_id, act.at) for account_id in named]
    for account in found:
        _absorb(session, account, change, after, act)


def _absorb(session: Session, account: Account, change: AccountChange, by: Account, act: Act) -> None:
    into = by.in_force
    if account.merged_into == into:
        return
    if account.account_id == into or account.merged_into not in {None, *change.absorbed}:
        log.error("an account cannot be absorbed", account_id=account.account_id, into=into, is_in=account.merged_into)
        return
    if by.merged_into is None and (lost := account.emails - by.emails):
        log.warning("contacts of an absorbed account are not in the list", account_id=account.account_id, n=len(lost))
    act = replace(act, action="absorbed")
    accounts.write(session, account, replace(account, merged_into=into, emails=frozenset()), act)
    tickets.move(session, account.account_id, into)
    ledger.move_to_account(session, account.account_id, into, act)
