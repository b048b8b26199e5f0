"""Who buys and what: the row stands before Stripe is asked, and the database allows one open order per ticket."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant_app

revision = "0002"
down_revision = "0001"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Orders."""
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("contact_email", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
        sa.UniqueConstraint("contact_email"),
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("contact_email", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Text),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("credits", sa.Integer, nullable=False),
        sa.Column("expires_after_days", sa.Integer, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("lookup_key", sa.Text, nullable=False),
        sa.Column("price_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("checkout_session_id", sa.Text),
        sa.Column("checkout_url", sa.Text),
        sa.Column("checkout_expires_at", Moment, nullable=False),
        sa.Column("charge_id", sa.Text),
        sa.Column("paid_at", Moment),
        sa.Column("settled_at", Moment),
        sa.Column("abandoned_at", Moment),
        sa.Column("parked_reason", sa.Text),
        sa.Column("next_ask_at", Moment, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state <> 'settled' OR (charge_id IS NOT NULL AND paid_at IS NOT NULL AND settled_at IS NOT NULL)",
            name="orders_settled_has_its_charge",
        ),
        sa.CheckConstraint("state IN ('draft', 'open', 'settled', 'abandoned')", name="orders_state_known"),
        sa.CheckConstraint("amount_minor > 0", name="orders_amount_above_zero"),
        sa.CheckConstraint("credits > 0", name="orders_credits_above_zero"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
        ),
        sa.PrimaryKeyConstraint("order_id"),
        sa.UniqueConstraint("charge_id"),
        sa.UniqueConstraint("checkout_session_id"),
    )
    op.create_index("orders_by_account", "orders", ["account_id"])
    op.create_index("orders_by_paid_at", "orders", ["paid_at"])
    op.create_index("orders_by_ticket", "orders", ["ticket_id"])
    op.create_index(
        "orders_one_open_per_ticket",
        "orders",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'open')"),
    )
    op.create_index(
        "orders_to_ask",
        "orders",
        ["next_ask_at"],
        postgresql_where=sa.text("state IN ('draft', 'open') AND parked_reason IS NULL"),
    )
    grant_app(op, "accounts")
    grant_app(op, "orders")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
