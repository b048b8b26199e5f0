"""One row for each agent and ticket; emptied, not deleted, so that a late save of a page that was sent is known."""

import sqlalchemy as sa

from services.queue.base_tables import metadata, moment

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("text", sa.Text, nullable=False, server_default="", comment="of the answer"),
    sa.Column("restated", sa.Text, nullable=False, server_default="", comment="the problem as we understand it"),
    sa.Column("note", sa.Text, nullable=False, server_default="", comment="for colleagues"),
    sa.Column("why", sa.Text, nullable=False, server_default="", comment="the ticket is given back"),
    sa.Column("closed_form", sa.Text, nullable=False, server_default="", comment="token of the page that was sent"),
    moment("kept_at", nullable=False),
)
