"""Agents and tickets: promise, lease and payment are columns of the ticket, so that one statement can hand it out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import grant_app, grant_sequences

revision = "0002"
down_revision = "0001"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Agents and tickets."""
    op.execute("CREATE SEQUENCE ticket_numbers START WITH 1001")
    op.create_table(
        "agents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False, unique=True, comment="`sub` at the sign-in provider"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.CheckConstraint("tier IN ('senior', 'regular')", name="agents_tier"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column(
            "number",
            sa.BigInteger,
            nullable=False,
            unique=True,
            server_default=sa.text("nextval('ticket_numbers')"),
        ),
        sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one form, one ticket"),
        sa.Column("contact_email", sa.Text, nullable=False),
        sa.Column(
            "contact_key", sa.Text, nullable=False, comment="lower-case address: what a bigger installation shards by"
        ),
        sa.Column("contact_name", sa.Text),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("tried", sa.Text),
        sa.Column("restated", sa.Text),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("requester_verified", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("link_version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("payment", sa.Text, nullable=False, server_default="none"),
        sa.Column("product", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("order_id", sa.Text),
        sa.Column("payment_wait_until", Moment),
        sa.Column("response_class", sa.Text),
        sa.Column("starts_at", Moment),
        sa.Column("respond_by", Moment),
        sa.Column("target_minutes", sa.Integer),
        sa.Column("calendar", JSONB),
        sa.Column("reasons", JSONB),
        sa.Column("decision_id", sa.Text),
        sa.Column("decision_sequence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("grant_id", sa.Text),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("first_responded_at", Moment),
        sa.Column("resolved_at", Moment),
        sa.Column("ended_at", Moment),
        sa.Column("queued", sa.Boolean, nullable=False, server_default=sa.false(), comment="Take next may hand it out"),
        sa.Column("owner_id", sa.Text, sa.ForeignKey("agents.id")),
        sa.Column(
            "lease_token",
            sa.BigInteger,
            nullable=False,
            server_default="0",
            comment="grows with each lease, never reused",
        ),
        sa.Column("lease_expires_at", Moment),
        sa.Column(
            "audit_number", sa.Integer, nullable=False, server_default="0", comment="number of its last audit entry"
        ),
        sa.CheckConstraint(
            "state IN ('open', 'waiting_customer', 'resolved', 'closed', 'canceled')", name="tickets_state"
        ),
        sa.CheckConstraint("payment IN ('none', 'pending', 'paid', 'not_completed')", name="tickets_payment"),
        sa.CheckConstraint("response_class IN ('premium', 'standard')", name="tickets_response_class"),
        sa.CheckConstraint("(response_class IS NULL) = (respond_by IS NULL)", name="tickets_promise_is_whole"),
        sa.CheckConstraint(
            "NOT queued OR (state = 'open' AND payment <> 'pending' AND response_class IS NOT NULL)",
            name="tickets_queued_are_ready",
        ),
        sa.CheckConstraint("lease_expires_at IS NULL OR owner_id IS NOT NULL", name="tickets_lease_has_owner"),
    )
    op.create_index(
        "tickets_take_next",
        "tickets",
        ["response_class", "respond_by", "id"],
        postgresql_where=sa.text("queued"),
    )
    op.create_index(
        "tickets_undecided",
        "tickets",
        ["opened_at"],
        postgresql_where=sa.text("decision_id IS NULL"),
    )
    op.create_index(
        "tickets_payment_pending",
        "tickets",
        ["payment_wait_until"],
        postgresql_where=sa.text("payment = 'pending'"),
    )
    op.create_index(
        "tickets_mine",
        "tickets",
        ["owner_id"],
        postgresql_where=sa.text("state IN ('open', 'waiting_customer', 'resolved')"),
    )
    op.create_index("tickets_contact", "tickets", ["contact_key", "id"])
    grant_app(op, "agents")
    grant_app(op, "tickets")
    grant_sequences(op)


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
