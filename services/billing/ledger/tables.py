"""The books."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, metadata, one_of
from services.billing.ledger.entries import LedgerAccount, Movement

ledger_transactions = sa.Table(
    "ledger_transactions",
    metadata,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    sa.Column("movement", sa.Text, nullable=False),
    sa.Column("movement_id", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("posted_at", Moment, nullable=False),
    sa.UniqueConstraint("movement", "movement_id", name="ledger_transactions_one_per_movement"),
    one_of("movement", [movement.value for movement in Movement], "ledger_transactions_movement_known"),
    sa.Index("ledger_transactions_by_time", "occurred_at", "transaction_id"),
    sa.Index("ledger_transactions_by_order", "order_id"),
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
    one_of("ledger_account", [account.value for account in LedgerAccount], "ledger_entries_account_known"),
)
