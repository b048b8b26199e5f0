"""Tickets as queue has told of them."""

import sqlalchemy as sa

from services.entitlements.base_tables import Moment, metadata

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("ticket_id", sa.Text, primary_key=True),
    sa.Column("requester_email", sa.Text, nullable=False),
    sa.Column("requester_verified", sa.Boolean, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("first_responded_at", Moment),
    sa.Column("closed_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
)
