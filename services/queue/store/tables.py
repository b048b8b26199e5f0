"""The tables of the queue, as the migrations make them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = sa.MetaData()


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


ticket_numbers = sa.Sequence("ticket_numbers", start=1001, metadata=metadata)

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, unique=True, comment="`sub` at the sign-in provider"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("tier", sa.Text, nullable=False),
    _moment("seen_at", nullable=False),
    sa.CheckConstraint("tier IN ('senior', 'regular')", name="agents_tier"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column(
        "number", sa.BigInteger, ticket_numbers, nullable=False, unique=True, server_default=ticket_numbers.next_value()
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
    # payment
    sa.Column("payment", sa.Text, nullable=False, server_default="none"),
    sa.Column("product", sa.Text),
    sa.Column("currency", sa.Text),
    sa.Column("order_id", sa.Text),
    _moment("payment_wait_until"),
    # promise: empty until decided
    sa.Column("response_class", sa.Text),
    _moment("starts_at"),
    _moment("respond_by"),
    sa.Column("target_minutes", sa.Integer),
    sa.Column("calendar", JSONB),
    sa.Column("reasons", JSONB),
    sa.Column("decision_id", sa.Text),
    sa.Column("decision_sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("grant_id", sa.Text),
    # time line
    _moment("opened_at", nullable=False),
    _moment("first_responded_at"),
    _moment("resolved_at"),
    _moment("ended_at"),
    # who has it
    sa.Column("queued", sa.Boolean, nullable=False, server_default=sa.false(), comment="Take next may hand it out"),
    sa.Column("owner_id", sa.Text, sa.ForeignKey("agents.id")),
    sa.Column(
        "lease_token", sa.BigInteger, nullable=False, server_default="0", comment="grows with each lease, never reused"
    ),
    _moment("lease_expires_at"),
    sa.Column("audit_number", sa.Integer, nullable=False, server_default="0", comment="number of its last audit entry"),
    sa.CheckConstraint("state IN ('open', 'waiting_customer', 'resolved', 'closed', 'canceled')", name="tickets_state"),
    sa.CheckConstraint("payment IN ('none', 'pending', 'paid', 'not_completed')", name="tickets_payment"),
    sa.CheckConstraint("response_class IN ('premium', 'standard')", name="tickets_response_class"),
    sa.CheckConstraint("(response_class IS NULL) = (respond_by IS NULL)", name="tickets_promise_is_whole"),
    sa.CheckConstraint(
        "NOT queued OR (state = 'open' AND payment <> 'pending' AND response_class IS NOT NULL)",
        name="tickets_queued_are_ready",
    ),
    sa.CheckConstraint("lease_expires_at IS NULL OR owner_id IS NOT NULL", name="tickets_lease_has_owner"),
)
sa.Index(
    "tickets_take_next",
    tickets.c.response_class,
    tickets.c.respond_by,
    tickets.c.id,
    postgresql_where=sa.text("queued"),
)
sa.Index("tickets_undecided", tickets.c.opened_at, postgresql_where=sa.text("decision_id IS NULL"))
sa.Index("tickets_payment_pending", tickets.c.payment_wait_until, postgresql_where=sa.text("payment = 'pending'"))
sa.Index(
    "tickets_mine",
    tickets.c.owner_id,
    postgresql_where=sa.text("state IN ('open', 'waiting_customer', 'resolved')"),
)
sa.Index("tickets_contact", tickets.c.contact_key, tickets.c.id)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
    sa.Column("contact_key", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("step", sa.Text, comment="what an agent's message did to the ticket"),
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id")),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one form, one message"),
    _moment("created_at", nullable=False),
    sa.CheckConstraint("kind IN ('customer', 'agent', 'note', 'system')", name="messages_kind"),
)
sa.Index("messages_of_ticket", messages.c.ticket_id, messages.c.id)

outbound_mails = sa.Table(
    "outbound_mails",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
    sa.Column("contact_key", sa.Text, nullable=False),
    sa.Column("once_key", sa.Text, nullable=False, unique=True, comment="what it tells: each thing is told once"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column(
        "answers", sa.Boolean, nullable=False, comment="carries a person's answer: taken, it is the first response"
    ),
    sa.Column("rfc_message_id", sa.Text, nullable=False, unique=True),
    sa.Column("to_address", sa.Text, nullable=False),
    sa.Column("to_name", sa.Text),  # not written any more: mails are addressed without a name
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="pending"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", sa.Text),
    _moment("created_at", nullable=False),
    _moment("next_attempt_at", nullable=False),
    _moment("sent_at"),
    sa.CheckConstraint("state IN ('pending', 'sent', 'parked')", name="outbound_mails_state"),
)
sa.Index("outbound_mails_of_ticket", outbound_mails.c.ticket_id, outbound_mails.c.id)
sa.Index("outbound_mails_due", outbound_mails.c.next_attempt_at, postgresql_where=sa.text("state = 'pending'"))

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("contact_key", sa.Text, nullable=False),
    sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("actor", sa.Text, nullable=False, comment="customer, system, agent:<id>, integrator:<name>"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("before", JSONB, nullable=False),
    sa.Column("after", JSONB, nullable=False),
    sa.Column(
        "form_key", sa.Text, unique=True, comment="digest of the form's token: one press of Take next, one ticket"
    ),
)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)
