"""The messages of all tickets."""

import sqlalchemy as sa

from services.queue.base_tables import metadata, moment

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
    moment("created_at", nullable=False),
    sa.CheckConstraint("kind IN ('customer', 'agent', 'note', 'system')", name="messages_kind"),
)
sa.Index("messages_of_ticket", messages.c.ticket_id, messages.c.id)
