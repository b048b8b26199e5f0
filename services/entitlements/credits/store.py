"""Grants and their ledger, in and out of their rows."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.entitlements.accounts.store import account_of
from services.entitlements.base_tables import Moment
from services.entitlements.credits.credit import (
    Balance,
    Entry,
    EntryKind,
    Grant,
    GrantFact,
    Moved,
    NewGrant,
    Purse,
    SourceKind,
)
from services.entitlements.credits.statements import GRANTING, MOVING
from services.entitlements.credits.tables import credit_entries, grants
from services.entitlements.tickets.tables import tickets
from shared.audit import Change, append, parameters_of
from shared.ids import new_id

_account = sa.select(account_of(sa.bindparam("email", type_=sa.Text)).label("account_id")).cte("account")
_for_this = grants.c.ticket_id == sa.bindparam("ticket_id", type_=sa.Text)
# One credit stays back for a ticket that it was bought for and that nobody has asked about yet. Not for long: an
# integrator may have named a ticket that there never was, and what was paid for must not be lost for it.
_KEPT_BACK_FOR = timedelta(days=1)
_awaited = (
    grants.c.ticket_id.is_not(None)
    & tickets.c.opened_at.is_(None)
    & (grants.c.created_at > sa.func.now() - _KEPT_BACK_FOR)
)
_kept_back = sa.case((_awaited & ~_for_this, 1), else_=0)
_known = tickets.alias("known")
_PURSE = sa.select(
    _account.c.account_id,
    sa.exists().where(_known.c.ticket_id == sa.bindparam("ticket_id", type_=sa.Text)).label("ticket_is_known"),
    grants.c.id,
    grants.c.response_class,
    grants.c.rank,
    grants.c.ticket_id,
    (grants.c.available - _kept_back).label("free"),
    grants.c.granted_at,
    grants.c.expires_at,
).select_from(
    _account.outerjoin(
        grants, (_for_this | (grants.c.account_id == _account.c.account_id)) & (grants.c.available > 0)
    ).outerjoin(tickets, tickets.c.ticket_id == grants.c.ticket_id)
)

_alive = grants.c.expires_at.is_(None) | (grants.c.expires_at > sa.bindparam("now", type_=Moment))
_free = grants.c.available - sa.case((_awaited & (grants.c.available > 0), 1), else_=0)
_BALANCE = (
    sa.select(
        _account.c.account_id,
        sa.func.coalesce(sa.func.sum(_free).filter(_alive), 0).label("available"),
        sa.func.coalesce(sa.func.sum(grants.c.held), 0).label("held"),
    )
    .select_from(
        _account.outerjoin(grants, grants.c.account_id == _account.c.account_id).outerjoin(
            tickets, tickets.c.ticket_id == grants.c.ticket_id
        )
    )
    .group_by(_account.c.account_id)
)


def purse(session: Session, email: str, ticket_id: str) -> Purse:
    """What a ticket of that requester could be paid with: grants with a credit left that is free for it."""
    rows = session.execute(_PURSE, {"email": email, "ticket_id": ticket_id}).all()
    found = tuple(
        GrantFact(
            grant_id=row.id,
            response_class=row.response_class,
            rank=row.rank,
            ticket_id=row.ticket_id,
            available=row.free,
            granted_at=row.granted_at,
            expires_at=row.expires_at,
        )
        for row in rows
        if row.id is not None and row.free > 0
    )
    return Purse(account_id=rows[0].account_id, grants=found, ticket_is_known=rows[0].ticket_is_known)


def balance(session: Session, email: str, now: datetime) -> Balance:
    """How many credits the account of an address has available (not lapsed, free for any ticket) and held."""
    row = session.execute(_BALANCE, {"email": email, "now": now}).one()
    return Balance(account_id=row.account_id, available=row.available, held=row.held)


def add_grant(session: Session, new: NewGrant, change: Change) -> bool:
    """Store a grant with its first entries in ledger and trail; False when its source has given its grant already."""
    row = {
        "id": new_id("grt"),
        "account_id": new.account_id,
        "source_kind": new.source_kind,
        "source_id": new.source_id,
        "kind": new.kind,
        "response_class": new.response_class,
        "rank": new.rank,
        "ticket_id": new.ticket_id,
        "granted": new.amount,
        "available": new.amount,
        "granted_at": new.granted_at,
        "expires_at": new.expires_at,
        "created_at": change.at,
    }
    entry = {"new_entry": new_id("cre"), "happened_at": new.granted_at}
    values = {f"new_{name}": value for name, value in row.items()} | entry | parameters_of(change)
    return session.execute(GRANTING, values).first() is not None


def hold(session: Session, grant_id: str, ticket_id: str, change: Change) -> Moved | None:
    """Hold one credit of the grant for the ticket. None: somebody else took the last."""
    return _move(session, EntryKind.HOLD, change, occurred_at=change.at, ticket_id=ticket_id, grant_id=grant_id)


def end_hold(session: Session, kind: EntryKind, ticket_id: str, change: Change, occurred_at: datetime) -> Moved | None:
    """Consume or release the credit that is held for the ticket. None: none is."""
    return _move(session, kind, change, occurred_at=occurred_at, ticket_id=ticket_id)


def restore(session: Session, ticket_id: str, change: Change) -> Moved | None:
    """Give the credit back that the ticket has used. None: it has used none, or has it back."""
    return _move(session, EntryKind.RESTORE, change, occurred_at=change.at, ticket_id=ticket_id)


def take_away(session: Session, kind: EntryKind, grant_id: str, amount: int, change: Change) -> Moved | None:
    """Let available credits of the grant expire, or revoke them. None: it has not so many."""
    return _move(session, kind, change, occurred_at=change.at, grant_id=grant_id, amount=amount)


def _move(
    session: Session,
    kind: EntryKind,
    change: Change,
    *,
    occurred_at: datetime,
    ticket_id: str | None = None,
    grant_id: str | None = None,
    amount: int = 1,
) -> Moved | None:
    values = {"new_entry": new_id("cre"), "amount": amount, "of_ticket": ticket_id, "happened_at": occurred_at}
    of_grant = {} if grant_id is None else {"of_grant": grant_id}
    row = session.execute(MOVING[kind], values | of_grant | parameters_of(change)).one_or_none()
    if row is None:
        return None
    return Moved(
        entry_id=row.entry_id,
        grant_id=row.id,
        account_id=row.account_id,
        source_kind=row.source_kind,
        source_id=row.source_id,
    )


def move_to_account(session: Session, account_id: str, to: str, change: Change) -> None:
    """Let the grants of one account be those of another, each with an entry in the trail."""
    moved = session.execute(
        grants.update()
        .where(grants.c.account_id == account_id)
        .values(account_id=to, audit_number=grants.c.audit_number + 1)
        .returning(grants.c.id, grants.c.audit_number)
    ).all()
    for row in moved:
        append(
            session,
            change,
            aggregate="grant",
            aggregate_id=row.id,
            number=row.audit_number,
            owner_key=to,
            before={"account_id": account_id},
            after={"account_id": to},
        )


def grants_of_order(session: Session, order_id: str) -> tuple[Grant, ...]:
    """What an order has given, each with its entries."""
    rows = session.execute(
        sa.select(grants).where(grants.c.source_kind == SourceKind.ORDER, grants.c.source_id == order_id)
    ).all()
    return tuple(
        Grant(
            grant_id=row.id,
            account_id=row.account_id,
            kind=row.kind,
            response_class=row.response_class,
            ticket_id=row.ticket_id,
            granted=row.granted,
            available=row.available,
            held=row.held,
            consumed=row.consumed,
            expired=row.expired,
            revoked=row.revoked,
            granted_at=row.granted_at,
            expires_at=row.expires_at,
            entries=_entries(session, row.id),
        )
        for row in rows
    )


def _entries(session: Session, grant_id: str) -> tuple[Entry, ...]:
    rows = session.execute(
        sa.select(credit_entries)
        .where(credit_entries.c.grant_id == grant_id)
        .order_by(credit_entries.c.recorded_at, credit_entries.c.id)
    )
    return tuple(
        Entry(
            entry_id=row.id,
            kind=row.kind,
            credits=row.credits,
            ticket_id=row.ticket_id,
            cycle=row.cycle,
            occurred_at=row.occurred_at,
        )
        for row in rows
    )
