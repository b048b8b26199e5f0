"""Tickets and their audit trail, which is append-only: the service's role only adds."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.queue.base_tables import metadata, moment

ticket_numbers = sa.Sequence("ticket_numbers", start=1001, metadata=metadata)

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
    moment("payment_wait_until"),
    # promise: empty until decided
    sa.Column("response_class", sa.Text),
    moment("starts_at"),
    moment("respond_by"),
    sa.Column("target_minutes", sa.Integer),
    sa.Column("calendar", JSONB),
    sa.Column("reasons", JSONB),
    sa.Column("decision_id", sa.Text),
    sa.Column("decision_sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("grant_id", sa.Text),
    # time line
    moment("opened_at", nullable=False),
    moment("first_responded_at"),
    moment("resolved_at"),
    moment("ended_at"),
    # who has it
    sa.Column("queued", sa.Boolean, nullable=False, server_default=sa.false(), comment="Take next may hand it out"),
    sa.Column("owner_id", sa.Text, sa.ForeignKey("agents.id")),
    sa.Column(
        "lease_token", sa.BigInteger, nullable=False, server_default="0", comment="grows with each lease, never reused"
    ),
    moment("lease_expires_at"),
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

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("contact_key", sa.Text, nullable=False),
    moment("happened_at", nullable=False),
    sa.Column("actor", sa.Text, nullable=False, comment="customer, system, agent:<id>, integrator:<name>"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("before", JSONB, nullable=False),
    sa.Column("after", JSONB, nullable=False),
    sa.Column(
        "form_key", sa.Text, unique=True, comment="digest of the form's token: one press of Take next, one ticket"
    ),
)
