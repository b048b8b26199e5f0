"""Grants with their credit ledger, and the decisions made from them: what the first paid incident needs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import grant_app

revision = "0002"
down_revision = "0001"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("email", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False, index=True),
        sa.Column("created_at", Moment, nullable=False),
    )
    op.create_table(
        "grants",
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
    op.create_table(
        "credit_entries",
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
        sa.Index("credit_entries_once_per_ticket", "ticket_id", "kind", unique=True),
    )
    op.create_table(
        "tickets",
        sa.Column("ticket_id", sa.Text, primary_key=True),
        sa.Column("requester_email", sa.Text, nullable=False),
        sa.Column("requester_verified", sa.Boolean, nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("first_responded_at", Moment),
        sa.Column("closed_at", Moment),
        sa.Column("created_at", Moment, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.ticket_id"), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("response_class", sa.Text, nullable=False),
        sa.Column("starts_at", Moment, nullable=False),
        sa.Column("respond_by", Moment, nullable=False),
        sa.Column("target_minutes", sa.Integer, nullable=False),
        sa.Column("calendar", JSONB, nullable=False),
        sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id")),
        sa.Column("reasons", JSONB, nullable=False),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("decided_at", Moment, nullable=False),
        sa.UniqueConstraint("ticket_id", "sequence", name="decisions_ticket_sequence"),
        sa.CheckConstraint("response_class IN ('premium', 'standard')", name="decisions_response_class"),
        sa.CheckConstraint("(response_class = 'premium') = (grant_id IS NOT NULL)", name="decisions_premium_has_grant"),
    )
    for name in ("contacts", "grants", "tickets"):
        grant_app(op, name)
    for name in ("credit_entries", "decisions"):
        grant_app(op, name, append_only=True)


def downgrade() -> None:
    raise NotImplementedError("Ledgers are not dropped. Restore a backup instead.")
