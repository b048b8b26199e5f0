"""The messages of all tickets: people's words as they wrote them, our own as code and parameters."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

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
    sa.Column("body", sa.Text, comment="a person's words"),
    sa.Column("sentence", JSONB, comment="our words: code and parameters, worded when shown"),
    sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one form, one message"),
    moment("created_at", nullable=False),
    sa.CheckConstraint("num_nonnulls(body, sentence) = 1", name="messages_have_words"),
)
sa.Index("messages_of_ticket", messages.c.ticket_id, messages.c.id)
