"""Drafts of agents: nothing that was typed at the desk is lost by a click, a key, or a lease that has ended."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant_app

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """One row for each agent and ticket."""
    op.create_table(
        "drafts",
        sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id"), primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False, server_default="", comment="of the answer"),
        sa.Column("restated", sa.Text, nullable=False, server_default="", comment="the problem as we understand it"),
        sa.Column("note", sa.Text, nullable=False, server_default="", comment="for colleagues"),
        sa.Column("why", sa.Text, nullable=False, server_default="", comment="the ticket is given back"),
        sa.Column("closed_form", sa.Text, nullable=False, server_default="", comment="token of the page that was sent"),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
    )
    grant_app(op, "drafts")
