"""What was said: messages, and the mails that carry them, kept until a mail server has taken them."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant_app

revision = "0003"
down_revision = "0002"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Conversation."""
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("contact_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("step", sa.Text, comment="what an agent's message did to the ticket"),
        sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id")),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one form, one message"),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind IN ('customer', 'agent', 'note', 'system')", name="messages_kind"),
    )
    op.create_index("messages_of_ticket", "messages", ["ticket_id", "id"])
    op.create_table(
        "outbound_mails",
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
        sa.Column("to_name", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="pending"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("next_attempt_at", Moment, nullable=False),
        sa.Column("sent_at", Moment),
        sa.CheckConstraint("state IN ('pending', 'sent', 'parked')", name="outbound_mails_state"),
    )
    op.create_index("outbound_mails_of_ticket", "outbound_mails", ["ticket_id", "id"])
    op.create_index(
        "outbound_mails_due", "outbound_mails", ["next_attempt_at"], postgresql_where=sa.text("state = 'pending'")
    )
    grant_app(op, "messages")
    grant_app(op, "outbound_mails")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
