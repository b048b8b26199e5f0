"""Accounts and contacts: an address belongs to one account, and what was a person's may become a company's."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.accounts.account import Account, Payer
from services.billing.accounts.tables import accounts, contacts

_absorbed = accounts.alias("absorbed")
_owner = accounts.alias("owner")
_of_account = sa.select(contacts.c.email).where(contacts.c.account_id == accounts.c.account_id)
_emails = sa.func.array(_of_account.order_by(contacts.c.email).scalar_subquery()).label("contact_emails")
_parts = sa.func.array(
    sa.select(_absorbed.c.account_id)
    .where(_absorbed.c.merged_into == accounts.c.account_id)
    .order_by(_absorbed.c.account_id)
    .scalar_subquery()
).label("absorbed")
_account_columns = [
    *(accounts.c[name] for name in ("account_id", "name", "version", "merged_into", "created_at")),
    _emails,
    _parts,
]
_wanted: sa.BindParameter[str] = sa.bindparam("wanted")

_find = sa.select(*_account_columns).where(accounts.c.account_id == _wanted)
# FOR NO KEY UPDATE: whoever writes an order twice in one transaction makes Postgres check its account again
# (FOR KEY SHARE), under the order's lock. A full lock here, taken before the order's, would close a circle.
_lock = _find.with_for_update(of=accounts, key_share=True)
_lock_contact = sa.select(contacts.c.account_id).where(contacts.c.email == _wanted).with_for_update()
_alone_with_address = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(_wanted, 0)))
_count_change = (
    accounts.update()
    .where(accounts.c.account_id == _wanted)
    .values(version=accounts.c.version + 1, audit_number=accounts.c.audit_number + 1)
    .returning(accounts.c.version, accounts.c.audit_number)
)
# An account that was absorbed has no people of its own any more: its payer is the company.
_person_of_owner = sa.select(sa.func.min(contacts.c.email)).where(contacts.c.account_id == _owner.c.account_id)
_payers = (
    sa.select(
        accounts.c.account_id.label("asked_for"),
        _owner.c.account_id,
        sa.func.coalesce(_owner.c.name, _person_of_owner.scalar_subquery(), _owner.c.account_id).label("label"),
        _owner.c.name.is_not(None).label("is_company"),
    )
    .join(_owner, _owner.c.account_id == sa.func.coalesce(accounts.c.merged_into, accounts.c.account_id))
    .where(accounts.c.account_id.in_(sa.bindparam("wanted", expanding=True)))
)


def _account(row: sa.Row[Any]) -> Account:
    return Account(
        account_id=row.account_id,
        name=row.name,
        version=row.version,
        merged_into=row.merged_into,
        created_at=row.created_at,
        contact_emails=tuple(row.contact_emails),
        absorbed=tuple(row.absorbed),
    )


def find(session: Session, account_id: str) -> Account | None:
    """The account of that id."""
    row = session.execute(_find, {"wanted": account_id}).first()
    return _account(row) if row else None


def lock(session: Session, account_id: str) -> Account | None:
    """The account of that id, locked until the transaction ends."""
    row = session.execute(_lock, {"wanted": account_id}).first()
    return _account(row) if row else None


def lock_contact(session: Session, email: str) -> str | None:
    """The id of the account of this normalized address; None where it has none.

    Either way the address is this transaction's until it ends: it gets no other account meanwhile.
    """
    found = session.execute(_lock_contact, {"wanted": email}).scalar_one_or_none()
    if found is None:
        # No row stands there to be locked. Whoever waited here finds what the other has written.
        session.execute(_alone_with_address, {"wanted": email})
        found = session.execute(_lock_contact, {"wanted": email}).scalar_one_or_none()
    return found


def insert_account(session: Session, account_id: str, name: str | None, *, now: datetime) -> bool:
    """Write a new account; False when a company of that name stands there already (the database decides)."""
    written = session.execute(
        insert(accounts)
        .values(account_id=account_id, name=name, audit_number=1, created_at=now)
        .on_conflict_do_nothing()
        .returning(accounts.c.account_id)
    )
    return written.first() is not None


def find_company(session: Session, name: str) -> str | None:
    """The id of the company of that name, in whatever case it is written."""
    query = sa.select(accounts.c.account_id).where(sa.func.lower(accounts.c.name) == sa.func.lower(name))
    return session.execute(query).scalar_one_or_none()


def insert_contact(session: Session, email: str, account_id: str) -> None:
    """The address, which the caller has locked and which has no account, belongs to this one."""
    session.execute(contacts.insert().values(email=email, account_id=account_id))


def move_contact(session: Session, email: str, account_id: str) -> None:
    """The address, which the caller has locked, belongs to this account from now on."""
    session.execute(contacts.update().where(contacts.c.email == email).values(account_id=account_id))


def count_change(session: Session, account_id: str) -> tuple[int, int]:
    """Count a change of an account that the caller has locked; its new version and audit number."""
    row = session.execute(_count_change, {"wanted": account_id}).one()
    return row.version, row.audit_number


def absorb(session: Session, account_id: str, *, into: str) -> int:
    """The person's account becomes a part of the company's; returns its new audit number."""
    number: int = session.execute(
        accounts.update()
        .where(accounts.c.account_id == account_id)
        .values(merged_into=into, audit_number=accounts.c.audit_number + 1)
        .returning(accounts.c.audit_number)
    ).scalar_one()
    return number


def search(session: Session, words: str, *, after: str | None, limit: int) -> Sequence[Account]:
    """Accounts that are no part of another, newest first; those whose name or an address of theirs holds the words."""
    query = sa.select(*_account_columns).where(accounts.c.merged_into.is_(None))
    if words:
        has_address = _of_account.where(contacts.c.email.contains(words.lower(), autoescape=True)).exists()
        query = query.where(sa.func.lower(accounts.c.name).contains(words.lower(), autoescape=True) | has_address)
    if after:
        query = query.where(accounts.c.account_id < after)
    return [_account(row) for row in session.execute(query.order_by(accounts.c.account_id.desc()).limit(limit))]


def payers(session: Session, account_ids: Iterable[str | None]) -> dict[str, Payer]:
    """Who pays, by the id of the account that an order or a line of the books carries."""
    wanted = sorted({account_id for account_id in account_ids if account_id is not None})
    if not wanted:
        return {}
    return {
        row.asked_for: Payer(account_id=row.account_id, label=row.label, is_company=row.is_company)
        for row in session.execute(_payers, {"wanted": wanted})
    }
