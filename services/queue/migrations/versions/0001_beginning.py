"""The beginning: tickets with their promise, the conversation, mails, what waits to be done, and who changed what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import grant_app, grant_sequences

revision = "0001"
down_revision = None

Moment = sa.DateTime(timezone=True)
WORK_TABLES = ("outbox", "outbound_mails", "pending_decisions", "promise_deadlines", "payment_waits")


def work_columns() -> tuple[sa.Column, ...]:
    """As they are today; a later change of them is a migration of its own."""
    return (
        sa.Column("due_at", Moment, server_default=sa.func.now()),
        sa.Column("waits_since", Moment, nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("parked_at", Moment),
        sa.Column("last_error", sa.Text),
    )


def upgrade() -> None:
    """All tables."""
    channels()
    agents()
    tickets()
    conversation()
    waiting()
    for table in WORK_TABLES:
        op.create_index(f"{table}_due", table, ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
        op.create_index(f"{table}_parked", table, ["parked_at"], postgresql_where=sa.text("parked_at IS NOT NULL"))
        grant_app(op, table)
    for table in ("inbox", "idempotency_keys", "agents", "tickets", "messages"):
        grant_app(op, table)
    grant_app(op, "audit_entries", append_only=True)
    grant_sequences(op)


def channels() -> None:
    """Events out and in, the keys of repeated requests, and the audit trail."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", Moment, nullable=False),
        *work_columns(),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("locked_until", Moment, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.LargeBinary),
        sa.Column("created_at", Moment, nullable=False),
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


def agents() -> None:
    """Who works here."""
    op.create_table(
        "agents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False, unique=True, comment="`sub` at the sign-in provider"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
    )


def tickets() -> None:
    """Promise, lease and payment are columns of the ticket, so that one statement can hand it out."""
    op.execute("CREATE SEQUENCE ticket_numbers START WITH 1001")
    number = sa.text("nextval('ticket_numbers')")
    op.create_table(
        "tickets",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True, server_default=number),
        sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one form, one ticket"),
        # whose it is, and how they read
        sa.Column(
            "contact_key", sa.Text, nullable=False, comment="lower-case address: what a bigger installation shards by"
        ),
        sa.Column("contact_email", sa.Text, nullable=False),
        sa.Column("contact_name", sa.Text),
        sa.Column("requester_verified", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("language", sa.Text, nullable=False, server_default="en"),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("link_version", sa.Integer, nullable=False, server_default="1"),
        # the problem
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("tried", sa.Text),
        sa.Column("restated", sa.Text),
        # payment
        sa.Column("payment", sa.Text, nullable=False, server_default="none"),
        sa.Column("product", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("order_id", sa.Text),
        # promise
        sa.Column("response_class", sa.Text),
        sa.Column("class_rank", sa.Integer),
        sa.Column("taken_by", sa.Text, comment="which agents: senior, everybody"),
        sa.Column("class_names", JSONB, comment="by language"),
        sa.Column("class_sentences", JSONB, comment="by language"),
        sa.Column("starts_at", Moment),
        sa.Column("respond_by", Moment),
        sa.Column("target_minutes", sa.Integer),
        sa.Column("calendar", JSONB),
        sa.Column("reasons", JSONB, comment="codes and parameters, worded when shown"),
        sa.Column("decision_id", sa.Text),
        sa.Column("decision_sequence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("source_kind", sa.Text, comment="what pays for the promise: credit, coverage"),
        sa.Column("source_id", sa.Text),
        # time line
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("first_responded_at", Moment),
        sa.Column("resolved_at", Moment),
        sa.Column("ended_at", Moment),
        # who has it
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
            "num_nonnulls(response_class, class_rank, taken_by, class_names, class_sentences, starts_at, respond_by, "
            "target_minutes, calendar, reasons) IN (0, 10)",
            name="tickets_promise_is_whole",
        ),
        sa.CheckConstraint("num_nonnulls(source_kind, source_id) IN (0, 2)", name="tickets_source_is_whole"),
        sa.CheckConstraint(
            "NOT queued OR (state = 'open' AND payment <> 'pending' AND response_class IS NOT NULL)",
            name="tickets_queued_are_ready",
        ),
        sa.CheckConstraint("lease_expires_at IS NULL OR owner_id IS NOT NULL", name="tickets_lease_has_owner"),
    )
    order = ["taken_by", sa.text("class_rank DESC"), "respond_by", "id"]
    op.create_index("tickets_take_next", "tickets", order, postgresql_where=sa.text("queued"))
    op.create_index("tickets_mine", "tickets", ["owner_id"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_index("tickets_contact", "tickets", ["contact_key", "id"])
    op.create_index("tickets_due", "tickets", ["respond_by"])


def conversation() -> None:
    """What was said, and the mails that carry it, kept until a mail server has taken them."""
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("contact_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("step", sa.Text, comment="what an agent's message did to the ticket"),
        sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id")),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("body", sa.Text, comment="a person's words"),
        sa.Column("sentence", JSONB, comment="our words: code and parameters, worded when shown"),
        sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one form, one message"),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("num_nonnulls(body, sentence) = 1", name="messages_have_words"),
    )
    op.create_index("messages_of_ticket", "messages", ["ticket_id", "id"])
    op.create_table(
        "outbound_mails",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("contact_key", sa.Text, nullable=False),
        sa.Column("once_key", sa.Text, nullable=False, unique=True, comment="what it tells: each thing is told once"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parameters", JSONB, nullable=False, comment="the facts as they were; no link, no words of ours"),
        sa.Column(
            "answers", sa.Boolean, nullable=False, comment="carries a person's answer: taken, it is the first response"
        ),
        sa.Column("rfc_message_id", sa.Text, nullable=False, unique=True),
        sa.Column("to_address", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("sent_at", Moment),
        *work_columns(),
    )
    op.create_index("outbound_mails_of_ticket", "outbound_mails", ["ticket_id", "id"])


def waiting() -> None:
    """What a ticket waits for: its decision, the fallback promise, its payment."""
    for table in ("pending_decisions", "promise_deadlines", "payment_waits"):
        op.create_table(
            table,
            sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
            sa.Column("contact_key", sa.Text, nullable=False),
            *work_columns(),
        )


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
