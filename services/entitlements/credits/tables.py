"""Grants and their ledger. `credit_entries` is append-only: the service's role only adds."""

import sqlalchemy as sa

from services.entitlements.base_tables import Moment, metadata

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("source_kind", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("response_class", sa.Text, nullable=False, comment="what one of its credits buys"),
    sa.Column("rank", sa.Integer, nullable=False, comment="of that class, when it was bought"),
    sa.Column("ticket_id", sa.Text, index=True, comment="the ticket that it was bought for, if any"),
    sa.Column("granted", sa.Integer, nullable=False),
    sa.Column("available", sa.Integer, nullable=False),
    sa.Column("held", sa.Integer, nullable=False, server_default="0"),
    sa.Column("consumed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("expired", sa.Integer, nullable=False, server_default="0"),
    sa.Column("revoked", sa.Integer, nullable=False, server_default="0"),
    sa.Column("granted_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("audit_number", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("source_kind", "source_id", name="grants_once_per_source"),
    sa.CheckConstraint("granted > 0", name="grants_granted_positive"),
    sa.CheckConstraint("least(available, held, consumed, expired, revoked) >= 0", name="grants_counters_not_negative"),
    sa.CheckConstraint(
        "granted = available + held + consumed + expired + revoked", name="grants_counters_sum_to_granted"
    ),
)

credit_entries = sa.Table(
    "credit_entries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id"), nullable=False, index=True),
    sa.Column("account_id", sa.Text, nullable=False, index=True, comment="whose the grant was then"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("credits", sa.Integer, nullable=False),
    sa.Column("ticket_id", sa.Text),
    sa.Column("cycle", sa.Integer, comment="which hold of the ticket this belongs to, from 1"),
    sa.Column("use", sa.Integer, comment="which use of the ticket this consumes or restores, from 1"),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("recorded_at", Moment, nullable=False),
    sa.CheckConstraint("credits > 0", name="credit_entries_credits_positive"),
    sa.CheckConstraint("(ticket_id IS NULL) = (cycle IS NULL)", name="credit_entries_cycle_of_a_ticket"),
    sa.CheckConstraint("kind NOT IN ('consume', 'restore') OR use IS NOT NULL", name="credit_entries_use_is_counted"),
    # A repeated message changes nothing: each movement happens once in a cycle, and a hold ends in one way.
    sa.Index("credit_entries_once_per_cycle", "ticket_id", "cycle", "kind", unique=True),
    sa.Index(
        "credit_entries_hold_ends_once",
        "ticket_id",
        "cycle",
        unique=True,
        postgresql_where=sa.text("kind IN ('consume', 'release')"),
    ),
    # At most one net consumption: the next use of a ticket has a number only after the one before was restored.
    sa.Index("credit_entries_use_once", "ticket_id", "use", "kind", unique=True),
)
