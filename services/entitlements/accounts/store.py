"""Accounts and the addresses of their contacts, in and out of their rows."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.entitlements.accounts.account import Account
from services.entitlements.accounts.tables import accounts, contacts
from shared.audit import Change, append

_emails = sa.func.array(
    sa.select(contacts.c.email).where(contacts.c.account_id == accounts.c.account_id).scalar_subquery()
)
_account = sa.select(
    accounts.c.account_id, accounts.c.version, accounts.c.name, accounts.c.merged_into, _emails.label("emails")
).where(accounts.c.account_id == sa.bindparam("wanted"))
_open = (
    insert(accounts)
    .values(account_id=sa.bindparam("account_id"), created_at=sa.bindparam("created_at"))
    .on_conflict_do_update(index_elements=[accounts.c.account_id], set_={"version": accounts.c.version})
)
_write = (
    accounts.update()
    .where(accounts.c.account_id == sa.bindparam("wanted"))
    .values(
        version=sa.bindparam("version"),
        name=sa.bindparam("name"),
        merged_into=sa.bindparam("merged_into"),
        audit_number=accounts.c.audit_number + 1,
    )
    .returning(accounts.c.audit_number)
)
_add_contacts = contacts.insert()


def account_of(email: sa.ColumnElement[str]) -> "sa.ScalarSelect[str]":
    """The account of an address, as a part of a bigger question; while it stands in two, the one told of last."""
    return (
        sa.select(contacts.c.account_id)
        .where(contacts.c.email == email)
        .order_by(contacts.c.created_at.desc(), contacts.c.account_id)
        .limit(1)
        .scalar_subquery()
    )


def lock_all(session: Session) -> None:
    """From here to the end of the transaction nobody else changes who belongs to which account."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("accounts", 0))))


def lock(session: Session, account_id: str, now: datetime) -> Account:
    """The account, opened if nothing has named it before; until the end of the transaction it stays as it is."""
    session.execute(_open, {"account_id": account_id, "created_at": now})
    row = session.execute(_account, {"wanted": account_id}).one()
    return Account(**{**row._mapping, "emails": frozenset(row.emails)})


def write(session: Session, before: Account, after: Account, change: Change) -> None:
    """Write what has changed of an account and its contacts, with an entry in the trail."""
    if after == before:
        return
    values = {"version": after.version, "name": after.name, "merged_into": after.merged_into}
    number = session.execute(_write, {"wanted": after.account_id, **values}).scalar_one()
    if gone := before.emails - after.emails:
        session.execute(
            contacts.delete().where(contacts.c.account_id == after.account_id, contacts.c.email.in_(sorted(gone)))
        )
    if new := after.emails - before.emails:
        rows = [{"email": email, "account_id": after.account_id, "created_at": change.at} for email in sorted(new)]
        session.execute(_add_contacts, rows)
    append(
        session,
        change,
        aggregate="account",
        aggregate_id=after.account_id,
        number=number,
        owner_key=after.in_force,
        before=_told(before),
        after=_told(after),
    )


def parts_of(session: Session, account_ids: Sequence[str]) -> Sequence[str]:
    """The accounts that have become a part of one of these."""
    query = sa.select(accounts.c.account_id).where(accounts.c.merged_into.in_(account_ids))
    return session.execute(query).scalars().all()


def _told(account: Account) -> dict[str, object]:
    return {
        "version": account.version,
        "name": account.name,
        "merged_into": account.merged_into,
        "contacts": sorted(account.emails),
    }
