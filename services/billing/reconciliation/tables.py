"""Runs and their exceptions."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.billing.base_tables import Moment, index_where, metadata
from shared.work.columns import work_columns, work_indexes

reconciliations = sa.Table(
    "reconciliations",
    metadata,
    sa.Column("reconciliation_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("run_at", Moment, nullable=False),
    sa.Column("run_by", sa.Text, nullable=False),
    sa.Column("totals", JSONB, nullable=False),
    # How far it has read Stripe's list of the day: how many charges, up to which one, and when it came to the end.
    sa.Column("mirrored", sa.Integer, nullable=False, server_default="0"),
    sa.Column("mirrored_to", sa.Text),
    sa.Column("mirrored_at", Moment),
    sa.Column("done", sa.Boolean, nullable=False, server_default=sa.true()),
    *work_columns(),
    sa.Index("reconciliations_by_day", "day", "run_at"),
    sa.Index("reconciliations_by_run_at", "run_at", "reconciliation_id"),
    *work_indexes("reconciliations"),
)

reconciliation_exceptions = sa.Table(
    "reconciliation_exceptions",
    metadata,
    sa.Column("exception_id", sa.Text, primary_key=True),
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
    sa.Column("last_seen_run", sa.Text, sa.ForeignKey("reconciliations.reconciliation_id"), nullable=False),
    sa.Column("resolved_at", Moment),
    sa.CheckConstraint(
        "ours_minor IS NOT NULL OR stripe_minor IS NOT NULL", name="reconciliation_exceptions_has_a_side"
    ),
    index_where(
        "reconciliation_exceptions_open_once", "day", "type", "subject", unique=True, where="resolved_at IS NULL"
    ),
    index_where("reconciliation_exceptions_open", "occurred_at", "exception_id", where="resolved_at IS NULL"),
    sa.Index("reconciliation_exceptions_by_day", "day", "exception_id"),
    sa.Index("reconciliation_exceptions_by_run", "last_seen_run", "charge_id"),
)
