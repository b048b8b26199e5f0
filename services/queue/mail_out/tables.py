"""The mails to customers: the facts that each tells, stored with the change; the words are made when it is sent."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.queue.base_tables import metadata, moment
from shared.work.columns import work_columns, work_indexes

outbound_mails = sa.Table(
    "outbound_mails",
    metadata,
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
    moment("created_at", nullable=False),
    moment("sent_at"),
    # The address has had enough mails and nobody has proved it: it waits for a person, and is no pending work.
    moment("held_at"),
    *work_columns(),
    *work_indexes("outbound_mails"),
)
sa.Index("outbound_mails_of_ticket", outbound_mails.c.ticket_id, outbound_mails.c.id)
sa.Index("outbound_mails_of_contact", outbound_mails.c.contact_key, outbound_mails.c.created_at)

proven_addresses = sa.Table(
    "proven_addresses",
    metadata,
    sa.Column("contact_key", sa.Text, primary_key=True),
    moment("proven_at", nullable=False),
)
"""Addresses from which somebody has acted by a mailed link, each with the last time."""
