"""The ledger's rows: posted once for each source, never changed (the role may not)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.orm import Session

from services.billing.base_tables import Moment
from services.billing.ledger.entries import Entry, LedgerAccount, LedgerTransaction, SourceKind, StandingTransaction
from services.billing.ledger.tables import book_balances, ledger_entries, ledger_transactions
from shared.ids import new_id
from shared.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedTransaction:
    """A ledger transaction as it stands in the books."""

    transaction_id: str
    posted_at: datetime
    transaction: LedgerTransaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """What was booked to an account of the books in some time, on both sides."""

    account: LedgerAccount
    debit: Money
    credit: Money

    @property
    def balance(self) -> Money:
        """Debit less credit."""
        return self.debit - self.credit


def _post_statement() -> Any:
    """Transactions with their lines in one statement: a line stands where its head was written, if it was."""
    kinds = {"occurred_at": Moment, "posted_at": Moment}
    names = ("transaction_id", "source_kind", "source_id", "account_id", "order_id", "occurred_at", "posted_at")
    given = sa.func.unnest(*(sa.bindparam(name, type_=ARRAY(kinds.get(name, sa.Text))) for name in names))
    head = (
        insert(ledger_transactions)
        .from_select(names, sa.select("*").select_from(given.table_valued(*names, name="given").render_derived()))
        .on_conflict_do_nothing(constraint="ledger_transactions_one_per_source")
        .returning(ledger_transactions.c.transaction_id)
        .cte("head")
    )
    line_kinds = {"line": sa.SmallInteger, "amount_minor": sa.BigInteger}
    line_names = ("transaction_id", "line", "ledger_account", "amount_minor", "currency")
    arrays = sa.func.unnest(
        *(sa.bindparam(f"line_{name}", type_=ARRAY(line_kinds.get(name, sa.Text))) for name in line_names)
    )
    lines = arrays.table_valued(*line_names, name="lines").render_derived()
    rows = sa.select(*(lines.c[name] for name in line_names)).join(
        head, head.c.transaction_id == lines.c.transaction_id
    )
    return ledger_entries.insert().from_select(line_names, rows).returning(ledger_entries.c.line)


_post = _post_statement()


def post(session: Session, transaction: LedgerTransaction, *, now: datetime) -> bool:
    """Post all lines of a transaction; False when its source is in the books already."""
    return post_all(session, (transaction,), now=now) > 0


def post_all(session: Session, transactions: Sequence[LedgerTransaction], *, now: datetime) -> int:
    """Post transactions, in one round trip; those whose source is in the books already are left out.

    Returns how many lines were written.
    """
    named = [(new_id("ltx"), transaction) for transaction in transactions]
    lines = [
        (transaction_id, number, entry)
        for transaction_id, transaction in named
        for number, entry in enumerate(transaction.entries, 1)
    ]
    posted = session.execute(
        _post,
        {
            "transaction_id": [transaction_id for transaction_id, _ in named],
            "source_kind": [transaction.source_kind.value for _, transaction in named],
            "source_id": [transaction.source_id for _, transaction in named],
            "account_id": [transaction.account_id for _, transaction in named],
            "order_id": [transaction.order_id for _, transaction in named],
            "occurred_at": [transaction.occurred_at for _, transaction in named],
            "posted_at": [now] * len(named),
            "line_transaction_id": [transaction_id for transaction_id, _, _ in lines],
            "line_line": [number for _, number, _ in lines],
            "line_ledger_account": [entry.account.value for _, _, entry in lines],
            "line_amount_minor": [entry.amount.amount_minor for _, _, entry in lines],
            "line_currency": [entry.amount.currency for _, _, entry in lines],
        },
    )
    return len(posted.all())


def _posted(row: sa.Row[Any]) -> PostedTransaction:
    return PostedTransaction(
        transaction_id=row.transaction_id,
        posted_at=row.posted_at,
        transaction=StandingTransaction(
            source_kind=SourceKind(row.source_kind),
            source_id=row.source_id,
            account_id=row.account_id,
            order_id=row.order_id,
            occurred_at=row.occurred_at,
            entries=tuple(
                Entry(account=LedgerAccount(account), amount=Money(amount_minor, currency))
                for account, amount_minor, currency in row.entries or ()
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


_wanted: sa.BindParameter[Any] = sa.bindparam("wanted")
_in_time = (ledger_transactions.c.occurred_at, ledger_transactions.c.transaction_id)
_of_order = sa.select(ledger_transactions, _lines).where(ledger_transactions.c.order_id == _wanted).order_by(*_in_time)
_of_source = sa.select(ledger_transactions, _lines).where(
    ledger_transactions.c.source_kind == sa.bindparam("kind"), ledger_transactions.c.source_id == _wanted
)
_between = (
    sa.select(ledger_transactions, _lines)
    .where(
        sa.tuple_(*_in_time) > sa.tuple_(sa.bindparam("from_at"), sa.bindparam("from_id")),
        ledger_transactions.c.occurred_at < sa.bindparam("ends_at"),
    )
    .order_by(*_in_time)
    .limit(sa.bindparam("most"))
)
_balances = book_balances.c
_debit, _credit = sa.func.sum(_balances.debit_minor), sa.func.sum(_balances.credit_minor)
_moved = (
    sa.select(_balances.ledger_account, _balances.currency, _debit, _credit)
    .where(_balances.since >= sa.bindparam("begins_at"), _balances.since < sa.bindparam("ends_at"))
    .group_by(_balances.ledger_account, _balances.currency)
    .order_by(_balances.currency, _balances.ledger_account)
)
_balance = (
    sa.select(_balances.currency, _debit - _credit)
    .where(_balances.since == sa.text("'-infinity'"), _balances.ledger_account == _wanted)
    .group_by(_balances.currency)
    .order_by(_balances.currency)
)


def of_order(session: Session, order_id: str) -> Sequence[PostedTransaction]:
    """Everything that the books say about an order, in the order of time."""
    return [_posted(row) for row in session.execute(_of_order, {"wanted": order_id})]


def of_source(session: Session, kind: SourceKind, source_id: str) -> Sequence[PostedTransaction]:
    """What the books say of that source: one transaction or none."""
    return [_posted(row) for row in session.execute(_of_source, {"kind": kind.value, "wanted": source_id})]


def between(
    session: Session, begins_at: datetime, ends_at: datetime, *, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[PostedTransaction]:
    """The journal of [begins_at, ends_at), in the order of time, at most `limit` transactions that follow `after`."""
    from_at, from_id = max(after or (begins_at, ""), (begins_at, ""))
    values = {"from_at": from_at, "from_id": from_id, "ends_at": ends_at, "most": limit}
    return [_posted(row) for row in session.execute(_between, values)]


def movements(session: Session, begins_at: datetime, ends_at: datetime) -> Sequence[Movement]:
    """What was booked to each account in [begins_at, ends_at), for each currency. Both are full quarters of an hour."""
    found = session.execute(_moved, {"begins_at": begins_at, "ends_at": ends_at})
    return [
        Movement(account=LedgerAccount(account), debit=Money(int(debit), currency), credit=Money(int(credit), currency))
        for account, currency, debit, credit in found
    ]


def account_balance(session: Session, account: LedgerAccount) -> Sequence[Money]:
    """The balance of one account in each currency, over all time (debit positive)."""
    found = session.execute(_balance, {"wanted": account.value})
    return [Money(int(balance), currency) for currency, balance in found]


def totals_of_payer(session: Session, account_ids: Sequence[str]) -> Sequence[tuple[LedgerAccount, Money]]:
    """What the payments of these accounts have come to in each account of the books, for each currency."""
    query = (
        sa.select(
            ledger_entries.c.ledger_account, ledger_entries.c.currency, sa.func.sum(ledger_entries.c.amount_minor)
        )
        .join(ledger_transactions)
        .where(ledger_transactions.c.account_id.in_(account_ids))
        .group_by(ledger_entries.c.ledger_account, ledger_entries.c.currency)
        .order_by(ledger_entries.c.currency, ledger_entries.c.ledger_account)
    )
    return [
        (LedgerAccount(account), Money(int(total), currency)) for account, currency, total in session.execute(query)
    ]
