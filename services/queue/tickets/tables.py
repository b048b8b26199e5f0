"""Tickets: promise, lease and payment are columns of the ticket, so that one statement can hand it out."""

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
    # promise: empty until decided, then frozen with the words of its class
    sa.Column("response_class", sa.Text),
    sa.Column("class_rank", sa.Integer),
    sa.Column("taken_by", sa.Text, comment="which agents: senior, everybody"),
    sa.Column("class_names", JSONB, comment="by language"),
    sa.Column("class_sentences", JSONB, comment="by language"),
    moment("starts_at"),
    moment("respond_by"),
    sa.Column("target_minutes", sa.Integer),
    sa.Column("calendar", JSONB),
    sa.Column("reasons", JSONB, comment="codes and parameters, worded when shown"),
    sa.Column("decision_id", sa.Text),
    sa.Column("decision_sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("source_kind", sa.Text, comment="what pays for the promise: credit, coverage"),
    sa.Column("source_id", sa.Text),
    # time line
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
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
# A row comparison finds a place in the order only where all of it runs one way: hence the rank with a minus.
sa.Index(
    "tickets_free",
    tickets.c.taken_by,
    -tickets.c.class_rank,
    tickets.c.respond_by,
    tickets.c.id,
    postgresql_where=sa.text("queued AND lease_expires_at IS NULL"),
)
sa.Index(
    "tickets_leased",
    tickets.c.lease_expires_at,
    postgresql_where=sa.text("queued AND lease_expires_at IS NOT NULL"),
)
sa.Index(
    "tickets_mine_our_turn",
    tickets.c.owner_id,
    tickets.c.respond_by,
    tickets.c.id,
    postgresql_where=sa.text("state = 'open'"),
)
sa.Index(
    "tickets_mine_their_turn",
    tickets.c.owner_id,
    tickets.c.respond_by,
    tickets.c.id,
    postgresql_where=sa.text("state IN ('waiting_customer', 'resolved')"),
)
sa.Index("tickets_contact", tickets.c.contact_key, tickets.c.id)
sa.Index("tickets_due", tickets.c.respond_by)
