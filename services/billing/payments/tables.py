"""The mirror of Stripe's charges and balance transactions."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, index_where, metadata

charges = sa.Table(
    "charges",
    metadata,
    sa.Column("charge_id", sa.Text, primary_key=True),
    sa.Column("payment_intent_id", sa.Text),
    sa.Column("order_id", sa.Text),
    sa.Column("balance_transaction_id", sa.Text),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("refunded_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("mirrored_at", Moment, nullable=False),
    sa.Column("next_ask_at", Moment, nullable=False),
    sa.Index("charges_by_created_at", "created_at"),
    sa.Index("charges_by_order", "order_id"),
    index_where("charges_without_balance", "next_ask_at", where="balance_transaction_id IS NULL"),
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
