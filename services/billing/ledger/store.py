"""The ledger's rows: posted once for each source, never changed (the role may not)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.orm import Session

from services.billing.ledger.entries import Entry, LedgerAccount, LedgerTransaction, SourceKind
from services.billing.ledger.tables import ledger_entries, ledger_transactions
from shared.ids import new_id
from shared.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedTransaction:
    """A ledger transaction as it stands in the books."""

    transaction_id: str
    posted_at: datetime
    transaction: LedgerTransaction


def _post_statement() -> Any:
    """A transaction with its lines in one statement: the lines are those of the row that was written, if it was."""
    names = ("transaction_id", "source_kind", "source_id", "account_id", "order_id", "occurred_at", "posted_at")
    head = (
        insert(ledger_transactions)
        .values({name: sa.bindparam(name) for name in names})
        .on_conflict_do_nothing(constraint="ledger_transactions_one_per_source")
        .returning(ledger_transactions.c.transaction_id)
        .cte("head")
    )
    columns = sa.func.unnest(
        sa.bindparam("ledger_accounts", type_=ARRAY(sa.Text)),
        sa.bindparam("amounts", type_=ARRAY(sa.BigInteger)),
        sa.bindparam("currencies", type_=ARRAY(sa.Text)),
    )
    lines = columns.table_valued(
        "ledger_account", "amount_minor", "currency", with_ordinality="line", name="lines"
    ).render_derived()
    rows = sa.select(
        head.c.transaction_id, lines.c.line, lines.c.ledger_account, lines.c.amount_minor, lines.c.currency
    ).select_from(head.join(lines, sa.true()))
    return (
        ledger_entries.insert()
        .from_select(["transaction_id", "line", "ledger_account", "amount_minor", "currency"], rows)
        .returning(ledger_entries.c.line)
    )


_post = _post_statement()


def post(session: Session, transaction: LedgerTransaction, *, now: datetime) -> bool:
    """Post all lines of a transaction; False when its source is in the books already."""
    entries = transaction.entries
    posted = session.execute(
        _post,
        {
            "transaction_id": new_id("ltx"),
            "source_kind": transaction.source_kind.value,
            "source_id": transaction.source_id,
            "account_id": transaction.account_id,
            "order_id": transaction.order_id,
            "occurred_at": transaction.occurred_at,
            "posted_at": now,
            "ledger_accounts": [entry.account.value for entry in entries],
            "amounts": [entry.amount.amount_minor for entry in entries],
            "currencies": [entry.amount.currency for entry in entries],
        },
    )
    return posted.first() is not None


def _posted(row: sa.Row[Any]) -> PostedTransaction:
    return PostedTransaction(
        transaction_id=row.transaction_id,
        posted_at=row.posted_at,
        transaction=LedgerTransaction(
            source_kind=SourceKind(row.source_kind),
            source_id=row.source_id,
            account_id=row.account_id,
            order_id=row.order_id,
            occurred_at=row.occurred_at,
            entries=tuple(
                Entry(account=LedgerAccount(account), amount=Money(amount_minor, currency))
                for account, amount_minor, currency in row.entries
            ),
        ),
    )


_lines = (
    sa.select(
        sa.func.json_agg(
            aggregate_order_by(
                sa.func.json_build_array(
                    ledger_entries.c.ledger_account, ledger_entries.c.amount_minor, ledger_entries.c.currency
                ),
                ledger_entries.c.line,
            )
        )
    )
    .where(ledger_entries.c.transaction_id == ledger_transactions.c.transaction_id)
    .scalar_subquery()
    .label("entries")
)


def of_order(session: Session, order_id: str) -> Sequence[PostedTransaction]:
    """Everything that the books say about an order, in the order of time."""
    query = (
        sa.select(ledger_transactions, _lines)
        .where(ledger_transactions.c.order_id == order_id)
        .order_by(ledger_transactions.c.occurred_at, ledger_transactions.c.transaction_id)
    )
    return [_posted(row) for row in session.execute(query)]


def of_source(session: Session, kind: SourceKind, source_id: str) -> Sequence[PostedTransaction]:
    """What the books say of that source: one transaction or none."""
    query = sa.select(ledger_transactions, _lines).where(
        ledger_transactions.c.source_kind == kind.value, ledger_transactions.c.source_id == source_id
    )
    return [_posted(row) for row in session.execute(query)]


def between(session: Session, begins_at: datetime, ends_at: datetime, *, limit: int) -> Sequence[PostedTransaction]:
    """The journal of [begins_at, ends_at), in the order of time, at most `limit` transactions."""
    query = (
        sa.select(ledger_transactions, _lines)
        .where(ledger_transactions.c.occurred_at >= begins_at, ledger_transactions.c.occurred_at < ends_at)
        .order_by(ledger_transactions.c.occurred_at, ledger_transactions.c.transaction_id)
        .limit(limit)
    )
    return [_posted(row) for row in session.execute(query)]


def account_totals(session: Session, begins_at: datetime, ends_at: datetime) -> Sequence[tuple[LedgerAccount, Money]]:
    """What each account of the books moved by in [begins_at, ends_at), for each currency."""
    when = (ledger_transactions.c.occurred_at >= begins_at) & (ledger_transactions.c.occurred_at < ends_at)
    return _totals(session, when)


def totals_of_payer(session: Session, account_ids: Sequence[str]) -> Sequence[tuple[LedgerAccount, Money]]:
    """What the payments of these accounts have come to in each account of the books, for each currency."""
    return _totals(session, ledger_transactions.c.account_id.in_(account_ids))


def _totals(session: Session, which: sa.ColumnElement[bool]) -> Sequence[tuple[LedgerAccount, Money]]:
    query = (
        sa.select(
            ledger_entries.c.ledger_account, ledger_entries.c.currency, sa.func.sum(ledger_entries.c.amount_minor)
        )
        .join(ledger_transactions)
        .where(which)
        .group_by(ledger_entries.c.ledger_account, ledger_entries.c.currency)
        .order_by(ledger_entries.c.currency, ledger_entries.c.ledger_account)
    )
    return [
        (LedgerAccount(account), Money(int(total), currency)) for account, currency, total in session.execute(query)
    ]


def account_balance(session: Session, account: LedgerAccount) -> Sequence[Money]:
    """The balance of one account in each currency, over all time (debit positive)."""
    query = (
        sa.select(ledger_entries.c.currency, sa.func.sum(ledger_entries.c.amount_minor))
        .where(ledger_entries.c.ledger_account == account.value)
        .group_by(ledger_entries.c.currency)
        .order_by(ledger_entries.c.currency)
    )
    return [Money(int(total), currency) for currency, total in session.execute(query)]
