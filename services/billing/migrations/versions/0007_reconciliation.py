"""Runs and what they found: an exception keeps its age over runs and is resolved, never deleted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import grant_app

revision = "0007"
down_revision = "0006"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Reconciliation."""
    op.create_table(
        "reconciliations",
        sa.Column("reconciliation_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("run_at", Moment, nullable=False),
        sa.Column("run_by", sa.Text, nullable=False),
        sa.Column("totals", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("reconciliation_id"),
    )
    op.create_index("reconciliations_by_day", "reconciliations", ["day", "run_at"])
    op.create_index("reconciliations_by_run_at", "reconciliations", ["run_at", "reconciliation_id"])
    op.create_table(
        "reconciliation_exceptions",
        sa.Column("exception_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("charge_id", sa.Text),
        sa.Column("order_id", sa.Text),
        sa.Column("balance_transaction_id", sa.Text),
        sa.Column("ours_minor", sa.BigInteger),
        sa.Column("ours_currency", sa.Text),
        sa.Column("stripe_minor", sa.BigInteger),
        sa.Column("stripe_currency", sa.Text),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.Column("first_seen_at", Moment, nullable=False),
        sa.Column("last_seen_run", sa.Text, nullable=False),
        sa.Column("resolved_at", Moment),
        sa.CheckConstraint(
            "type IN ('missing_in_books', 'missing_in_stripe', 'amount_mismatch', "
            "'currency_mismatch', 'duplicate_charge', 'refund_missing_in_books', 'balance_transaction_missing', "
            "'balance_amount_mismatch', 'fee_missing')",
            name="reconciliation_exceptions_type_known",
        ),
        sa.CheckConstraint(
            "ours_minor IS NOT NULL OR stripe_minor IS NOT NULL", name="reconciliation_exceptions_has_a_side"
        ),
        sa.ForeignKeyConstraint(
            ["last_seen_run"],
            ["reconciliations.reconciliation_id"],
        ),
        sa.PrimaryKeyConstraint("exception_id"),
    )
    op.create_index("reconciliation_exceptions_by_day", "reconciliation_exceptions", ["day", "exception_id"])
    op.create_index(
        "reconciliation_exceptions_open_once",
        "reconciliation_exceptions",
        ["day", "type", "subject"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    grant_app(op, "reconciliations")
    grant_app(op, "reconciliation_exceptions")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
