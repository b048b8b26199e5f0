"""Grants and their ledger. `credit_entries` is append-only: the service's role only adds."""

import sqlalchemy as sa

from services.entitlements.base_tables import Moment, metadata

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False, index=True),
    sa.Column("order_id", sa.Text, nullable=False, unique=True),
    sa.Column("product", sa.Text, nullable=False),
    sa.Column("ticket_id", sa.Text, index=True),
    sa.Column("credits", sa.Integer, nullable=False),
    sa.Column("available", sa.Integer, nullable=False),
    sa.Column("held", sa.Integer, nullable=False, server_default="0"),
    sa.Column("consumed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("granted_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.CheckConstraint("credits > 0", name="grants_credits_positive"),
    sa.CheckConstraint("available >= 0 AND held >= 0 AND consumed >= 0", name="grants_balances_not_negative"),
    sa.CheckConstraint("available + held + consumed = credits", name="grants_balances_sum"),
)

credit_entries = sa.Table(
    "credit_entries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id"), nullable=False, index=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("ticket_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("credits", sa.Integer, nullable=False),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("recorded_at", Moment, nullable=False),
    sa.CheckConstraint("kind IN ('grant', 'hold', 'consume', 'release')", name="credit_entries_kind"),
    sa.CheckConstraint("credits > 0", name="credit_entries_credits_positive"),
    sa.CheckConstraint("(kind = 'grant') = (ticket_id IS NULL)", name="credit_entries_ticket"),
    # A ticket holds, consumes and releases one credit at most once each: a repeated message changes nothing.
    sa.Index("credit_entries_once_per_ticket", "ticket_id", "kind", unique=True),
)
