"""The mirror of Stripe's charges and balance transactions."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, metadata
from shared.work.columns import work_columns, work_indexes

charges = sa.Table(
    "charges",
    metadata,
    sa.Column("charge_id", sa.Text, primary_key=True),
    sa.Column("payment_intent_id", sa.Text),
    sa.Column("order_id", sa.Text),  # the order that Stripe's metadata names
    sa.Column("balance_transaction_id", sa.Text),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("refunded_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("mirrored_at", Moment, nullable=False),
    # Its balance transaction must be asked for: that is work, until Stripe has named it.
    *work_columns(),
    sa.Index("charges_by_created_at", "created_at"),
    sa.Index("charges_by_order", "order_id"),
    *work_indexes("charges"),
)

balance_transactions = sa.Table(
    "balance_transactions",
    metadata,
    sa.Column("balance_transaction_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("gross_minor", sa.BigInteger, nullable=False),
    sa.Column("fee_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("available_on", Moment, nullable=False),
    sa.Column("mirrored_at", Moment, nullable=False),
)

foreign_charges = sa.Table(
    "foreign_charges",
    metadata,
    sa.Column("charge_id", sa.Text, primary_key=True),
    sa.Column("installation", sa.Text, nullable=False),  # the one that has made it
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Index("foreign_charges_by_created_at", "created_at"),
)
