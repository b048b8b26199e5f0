"""The statements that grant and move credits: the grant's row, the ledger's entry and the trail's, all in one."""

from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.entitlements.base_tables import Moment
from services.entitlements.credits.credit import MOVEMENTS, EntryKind
from services.entitlements.credits.tables import credit_entries, grants
from shared.audit import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# No parameter has the name of a column: SQLAlchemy would write it into that column, in each UPDATE of the statement.
_ticket = sa.bindparam("of_ticket", type_=sa.Text)
_entry = credit_entries.alias("earlier")
_nothing = sa.cast(sa.null(), sa.Integer)


def _of_grant(cycle: sa.ColumnElement[Any]) -> "sa.Select[Any]":
    """A credit of the grant that is named."""
    return sa.select(
        sa.bindparam("of_grant", type_=sa.Text).label("grant_id"), cycle.label("cycle"), _nothing.label("use")
    )


def _not_yet(*kinds: EntryKind) -> sa.ColumnElement[bool]:
    """None of these has happened in the same cycle."""
    later = credit_entries.alias("later")
    return ~sa.exists().where(
        later.c.ticket_id == _entry.c.ticket_id, later.c.cycle == _entry.c.cycle, later.c.kind.in_(kinds)
    )


def _of_ticket(kind: EntryKind, use: sa.ColumnElement[Any], *not_yet: EntryKind) -> "sa.Select[Any]":
    """The credit that the ticket has held or used, and not parted with since; of two holds the one before."""
    return (
        sa.select(_entry.c.grant_id, _entry.c.cycle, use.label("use"))
        .where(_entry.c.ticket_id == _ticket, _entry.c.kind == kind, _not_yet(*not_yet))
        .order_by(_entry.c.cycle)
        .limit(1)
    )


def _count(what: sa.ColumnElement[Any], *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.select(what).where(credit_entries.c.ticket_id == _ticket, *conditions).scalar_subquery()


# Written out, as each parameter costs its share: the longest of these statements is one of the most frequent.
_one = sa.literal_column("1", sa.Integer)
_next_cycle = _count(sa.func.coalesce(sa.func.max(credit_entries.c.cycle), sa.literal_column("0")) + _one)
_next_use = _count(sa.func.count() + _one, credit_entries.c.kind == EntryKind.RESTORE)
_ENDS = (EntryKind.CONSUME, EntryKind.RELEASE)

_WHICH: dict[EntryKind, "sa.Select[Any]"] = {
    EntryKind.HOLD: _of_grant(_next_cycle),
    EntryKind.CONSUME: _of_ticket(EntryKind.HOLD, _next_use, *_ENDS),
    EntryKind.RELEASE: _of_ticket(EntryKind.HOLD, _nothing, *_ENDS),
    EntryKind.RESTORE: _of_ticket(EntryKind.CONSUME, _entry.c.use, EntryKind.RESTORE),
    EntryKind.REVOKE: _of_grant(_nothing),
    EntryKind.EXPIRE: _of_grant(_nothing),
}
"""Of which grant a movement takes its credit. The caller holds the ticket's lock where a ticket is named."""


@dataclass(frozen=True, kw_only=True)
class _Move:
    """A movement as parts of a statement: the grant's row, the ledger's entry, the trail's."""

    moved: sa.CTE
    added: sa.CTE
    trail: sa.CTE


def _move(kind: EntryKind, which: sa.CTE) -> _Move:
    amount = sa.bindparam("amount", type_=sa.Integer)
    signs = {name: sign for name, sign in asdict(MOVEMENTS[kind]).items() if sign}
    moved = (
        grants.update()
        .where(grants.c.id == which.c.grant_id, *(grants.c[name] >= amount for name, sign in signs.items() if sign < 0))
        .values(
            {name: _stepped(grants.c[name], sign, amount) for name, sign in signs.items()}
            | {"audit_number": grants.c.audit_number + _one}
        )
        .returning(
            grants.c.id,
            grants.c.account_id,
            grants.c.source_kind,
            grants.c.source_id,
            *(grants.c[name] for name in signs),
            grants.c.audit_number,
            which.c.cycle,
            which.c.use,
        )
        .cte("moved")
    )
    added = _entered(moved, kind, amount, _ticket, moved.c.cycle, moved.c.use)
    after = {name: moved.c[name] for name in signs}
    trail = entry_of(
        moved,
        aggregate="grant",
        aggregate_id=moved.c.id,
        owner_key=moved.c.account_id,
        before=_object({name: _stepped(column, -signs[name], amount) for name, column in after.items()}),
        after=_object(after),
    )
    return _Move(moved=moved, added=added, trail=trail)


def _stepped(counter: sa.ColumnElement[Any], sign: int, amount: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return counter + amount if sign > 0 else counter - amount


def _moving(kind: EntryKind) -> sa.Select[Any]:
    move = _move(kind, _WHICH[kind].cte("which"))
    moved, added = move.moved, move.added
    return (
        sa.select(added.c.id.label("entry_id"), *(moved.c[name] for name in ("id", "account_id")))
        .add_columns(moved.c.source_kind, moved.c.source_id)
        .select_from(moved.join(added, sa.true()))
        .add_cte(move.trail)
    )


def hold_for(asked: sa.CTE) -> _Move:
    """Hold a credit for the ticket that `asked` makes, in one statement with it: the ticket first, then its credit."""
    return _move(EntryKind.HOLD, _WHICH[EntryKind.HOLD].select_from(asked).cte("which"))


def _entered(
    moved: sa.CTE,
    kind: EntryKind,
    amount: sa.ColumnElement[Any],
    ticket: sa.ColumnElement[Any],
    cycle: sa.ColumnElement[Any],
    use: sa.ColumnElement[Any],
) -> sa.CTE:
    """The ledger's entry for a grant that has changed."""
    entry = sa.select(
        sa.bindparam("new_entry", type_=sa.Text),
        moved.c.id,
        moved.c.account_id,
        sa.literal_column(f"'{kind.value}'", sa.Text),
        amount,
        ticket,
        cycle,
        use,
        sa.bindparam("happened_at", type_=Moment),
        sa.bindparam("audit_at", type_=Moment),
    )
    columns = [column.name for column in credit_entries.columns]
    return credit_entries.insert().from_select(columns, entry).returning(credit_entries.c.id).cte("added")


def _granting() -> "sa.Select[Any]":
    chosen = (column for column in grants.columns if column.server_default is None)
    moved = (
        insert(grants)
        .values({column.name: sa.bindparam(f"new_{column.name}", type_=column.type) for column in chosen})
        .on_conflict_do_nothing(index_elements=[grants.c.source_kind, grants.c.source_id])
        .returning(grants.c.id, grants.c.account_id, grants.c.granted, grants.c.available, grants.c.audit_number)
        .cte("moved")
    )
    added = _entered(moved, EntryKind.GRANT, moved.c.granted, sa.cast(sa.null(), sa.Text), _nothing, _nothing)
    trail = entry_of(
        moved,
        aggregate="grant",
        aggregate_id=moved.c.id,
        owner_key=moved.c.account_id,
        before=_object({}),
        after=_object({name: moved.c[name] for name in ("account_id", "granted", "available")}),
    )
    return sa.select(added.c.id).add_cte(trail)


def _object(values: dict[str, Any]) -> sa.ColumnElement[Any]:
    pairs: Iterator[tuple[Any, Any]] = ((sa.literal_column(f"'{name}'"), value) for name, value in values.items())
    return sa.func.jsonb_build_object(*chain.from_iterable(pairs))


GRANTING = _granting()
"""A new grant, unless its source has given one: run with `new_` and the name of each column that has no default."""
MOVING = {kind: _moving(kind) for kind in _WHICH}
"""By kind. Built once: SQLAlchemy needs longer to build such a statement than Postgres to run it."""
