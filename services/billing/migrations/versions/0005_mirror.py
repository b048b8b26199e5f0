"""Stripe's charges and balance transactions as last read, so that a day is reconciled inside Postgres."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant_app

revision = "0005"
down_revision = "0004"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Mirror."""
    op.create_table(
        "charges",
        sa.Column("charge_id", sa.Text, nullable=False),
        sa.Column("payment_intent_id", sa.Text),
        sa.Column("order_id", sa.Text),
        sa.Column("balance_transaction_id", sa.Text),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("refunded_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("mirrored_at", Moment, nullable=False),
        sa.Column("next_ask_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("charge_id"),
    )
    op.create_index("charges_by_created_at", "charges", ["created_at"])
    op.create_index("charges_by_order", "charges", ["order_id"])
    op.create_index(
        "charges_without_balance",
        "charges",
        ["next_ask_at"],
        postgresql_where=sa.text("balance_transaction_id IS NULL"),
    )
    op.create_table(
        "balance_transactions",
        sa.Column("balance_transaction_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("gross_minor", sa.BigInteger, nullable=False),
        sa.Column("fee_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("available_on", Moment, nullable=False),
        sa.Column("mirrored_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("balance_transaction_id"),
    )
    grant_app(op, "charges")
    grant_app(op, "balance_transactions")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
