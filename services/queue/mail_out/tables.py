"""The mails to customers, each stored with the change that it tells of."""

import sqlalchemy as sa

from services.queue.base_tables import metadata, moment

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
    moment("created_at", nullable=False),
    moment("next_attempt_at", nullable=False),
    moment("sent_at"),
    sa.CheckConstraint("state IN ('pending', 'sent', 'parked')", name="outbound_mails_state"),
)
sa.Index("outbound_mails_of_ticket", outbound_mails.c.ticket_id, outbound_mails.c.id)
sa.Index("outbound_mails_due", outbound_mails.c.next_attempt_at, postgresql_where=sa.text("state = 'pending'"))
