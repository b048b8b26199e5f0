"""The ledger's rows: posted once for each movement, never changed (the role may not)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session

from services.billing.ledger.entries import Entry, LedgerAccount, LedgerTransaction, Movement
from services.billing.ledger.tables import ledger_entries, ledger_transactions
from shared.ids import new_id
from shared.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedTransaction:
    """A ledger transaction as it stands in the books."""

    transaction_id: str
    posted_at: datetime
    transaction: LedgerTransaction


def post(session: Session, transaction: LedgerTransaction, *, now: datetime) -> bool:
    """Post all lines of a movement; False when it is in the books already."""
    transaction_id = new_id("ltx")
    posted = session.execute(
        insert(ledger_transactions)
        .values(
            transaction_id=transaction_id,
            movement=transaction.movement.value,
            movement_id=transaction.movement_id,
            account_id=transaction.account_id,
            order_id=transaction.order_id,
            occurred_at=transaction.occurred_at,
            posted_at=now,
        )
        .on_conflict_do_nothing(constraint="ledger_transactions_one_per_movement")
        .returning(ledger_transactions.c.transaction_id)
    )
    if posted.first() is None:
        return False
    session.execute(
        ledger_entries.insert(),
        [
            {
                "transaction_id": transaction_id,
                "line": line,
                "ledger_account": entry.account.value,
                "amount_minor": entry.amount.amount_minor,
                "currency": entry.amount.currency,
            }
            for line, entry in enumerate(transaction.entries, 1)
        ],
    )
    return True


def _posted(row: sa.Row[Any]) -> PostedTransaction:
    return PostedTransaction(
        transaction_id=row.transaction_id,
        posted_at=row.posted_at,
        transaction=LedgerTransaction(
            movement=Movement(row.movement),
            movement_id=row.movement_id,
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


def find(session: Session, movement: Movement, movement_id: str) -> LedgerTransaction | None:
    """The movement as it stands in the books; None while it is not booked."""
    row = session.execute(
        sa.select(ledger_transactions, _lines).where(
            ledger_transactions.c.movement == movement.value, ledger_transactions.c.movement_id == movement_id
        )
    ).first()
    return _posted(row).transaction if row else None


def of_order(session: Session, order_id: str) -> Sequence[PostedTransaction]:
    """Everything that the books say about an order, in the order of time."""
    query = (
        sa.select(ledger_transactions, _lines)
        .where(ledger_transactions.c.order_id == order_id)
        .order_by(ledger_transactions.c.occurred_at, ledger_transactions.c.transaction_id)
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
    """What each account moved by in [begins_at, ends_at), for each currency."""
    query = (
        sa.select(
            ledger_entries.c.ledger_account, ledger_entries.c.currency, sa.func.sum(ledger_entries.c.amount_minor)
        )
        .join(ledger_transactions)
        .where(ledger_transactions.c.occurred_at >= begins_at, ledger_transactions.c.occurred_at < ends_at)
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
