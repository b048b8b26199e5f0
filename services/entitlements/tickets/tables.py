"""Tickets as queue has told of them."""

import sqlalchemy as sa

from services.entitlements.base_tables import Moment, metadata

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("ticket_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, index=True, comment="the requester's, as of the last decision"),
    # A purchase may name a ticket about which nobody has asked yet: then the row only keeps its place.
    sa.Column("requester_email", sa.Text),
    sa.Column("requester_verified", sa.Boolean),
    sa.Column("opened_at", Moment),
    sa.Column("first_responded_at", Moment),
    sa.Column("closed_at", Moment),
    sa.Column("audit_number", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    sa.CheckConstraint(
        "num_nulls(requester_email, requester_verified, opened_at) IN (0, 3)", name="tickets_asked_about_or_not"
    ),
)
