"""The books."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, metadata

ledger_transactions = sa.Table(
    "ledger_transactions",
    metadata,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    sa.Column("source_kind", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text),  # whose money it is, where that is known
    sa.Column("order_id", sa.Text),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("posted_at", Moment, nullable=False),
    # Its lines stand in book_balances by the trigger; NULL where they were summed up afterwards, when it was made.
    sa.Column("counted", sa.Boolean, server_default=sa.true()),
    sa.UniqueConstraint("source_kind", "source_id", name="ledger_transactions_one_per_source"),
    sa.Index("ledger_transactions_by_time", "occurred_at", "transaction_id"),
    sa.Index("ledger_transactions_by_order", "order_id"),
    sa.Index("ledger_transactions_by_account", "account_id"),
)

ledger_entries = sa.Table(
    "ledger_entries",
    metadata,
    sa.Column("transaction_id", sa.Text, sa.ForeignKey("ledger_transactions.transaction_id"), primary_key=True),
    sa.Column("line", sa.SmallInteger, primary_key=True),
    sa.Column("ledger_account", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.CheckConstraint("amount_minor <> 0", name="ledger_entries_move_something"),
)

# What the accounts come to: a trigger keeps it in the statement that writes entries (migration 0006 says how).
book_balances = sa.Table(
    "book_balances",
    metadata,
    sa.Column("since", Moment, primary_key=True),  # the beginning of a quarter of an hour; -infinity: all of time
    sa.Column("ledger_account", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("slot", sa.Integer, primary_key=True),
    sa.Column("debit_minor", sa.BigInteger, nullable=False),
    sa.Column("credit_minor", sa.BigInteger, nullable=False),
)
