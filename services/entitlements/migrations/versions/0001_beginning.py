"""The beginning: accounts as billing tells of them, grants with their ledger, tickets, decisions, channels, trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import grant_app

revision = "0001"
down_revision = None

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Every table, each with the rights of the service's role."""
    _channels()
    _accounts()
    _tickets()
    _credits()
    _decisions()
    for name in ("outbox", "inbox", "accounts", "contacts", "tickets", "grants"):
        grant_app(op, name)
    for name in ("audit_entries", "credit_entries", "decisions"):
        grant_app(op, name, append_only=True)


def _channels() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.Column("due_at", Moment, server_default=sa.func.now()),
        sa.Column("waits_since", Moment, nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("parked_at", Moment),
        sa.Column("last_error", sa.Text),
    )
    op.create_index("outbox_due", "outbox", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("outbox_parked", "outbox", ["parked_at"], postgresql_where=sa.text("parked_at IS NOT NULL"))
    op.create_table(
        "inbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
    )
    op.create_table(
        "audit_entries",
        sa.Column("aggregate", sa.Text, primary_key=True, comment="what kind of thing was changed: order, ticket, ..."),
        sa.Column("aggregate_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, comment="counted in the aggregate's row, without gaps"),
        sa.Column("owner_key", sa.Text, nullable=False, comment="whose it is: what a bigger installation shards by"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one press, one change"),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", Moment, nullable=False),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column(
            "version", sa.Integer, nullable=False, server_default="0", comment="billing's count; 0: not told of yet"
        ),
        sa.Column("name", sa.Text),
        sa.Column("merged_into", sa.Text, sa.ForeignKey("accounts.account_id"), index=True),
        sa.Column("audit_number", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("version >= 0", name="accounts_version"),
        sa.CheckConstraint("merged_into <> account_id", name="accounts_merged_into_another"),
    )
    op.create_table(
        "contacts",
        sa.Column("email", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True, index=True),
        sa.Column("created_at", Moment, nullable=False),
    )


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("ticket_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, index=True, comment="the requester's, as of the last decision"),
        sa.Column("requester_email", sa.Text),
        sa.Column("requester_verified", sa.Boolean),
        sa.Column("opened_at", Moment),
        sa.Column("first_responded_at", Moment),
        sa.Column("closed_at", Moment),
        sa.Column("audit_number", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "num_nulls(requester_email, requester_verified, opened_at) IN (0, 3)", name="tickets_asked_about_or_not"
        ),
    )


def _credits() -> None:
    op.create_table(
        "grants",
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
        sa.CheckConstraint(
            "least(available, held, consumed, expired, revoked) >= 0", name="grants_counters_not_negative"
        ),
        sa.CheckConstraint(
            "granted = available + held + consumed + expired + revoked", name="grants_counters_sum_to_granted"
        ),
    )
    op.create_table(
        "credit_entries",
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
        sa.CheckConstraint(
            "kind NOT IN ('consume', 'restore') OR use IS NOT NULL", name="credit_entries_use_is_counted"
        ),
        sa.Index("credit_entries_once_per_cycle", "ticket_id", "cycle", "kind", unique=True),
        sa.Index(
            "credit_entries_hold_ends_once",
            "ticket_id",
            "cycle",
            unique=True,
            postgresql_where=sa.text("kind IN ('consume', 'release')"),
        ),
        sa.Index("credit_entries_use_once", "ticket_id", "use", "kind", unique=True),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.ticket_id"), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Text, index=True, comment="the requester's then, if there was one"),
        sa.Column("source_kind", sa.Text, comment="what pays: credit or coverage; none for what everybody gets"),
        sa.Column("source_id", sa.Text),
        sa.Column("response_class", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("taken_by", sa.Text, nullable=False),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("sentences", JSONB, nullable=False),
        sa.Column("target_minutes", sa.Integer, nullable=False),
        sa.Column("calendar", JSONB, nullable=False),
        sa.Column("starts_at", Moment, nullable=False),
        sa.Column("respond_by", Moment, nullable=False),
        sa.Column("reasons", JSONB, nullable=False),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("decided_at", Moment, nullable=False),
        sa.UniqueConstraint("ticket_id", "sequence", name="decisions_ticket_sequence"),
        sa.CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name="decisions_source_has_kind_and_id"),
    )


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
