"""The decisions; append-only: the service's role only adds."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.entitlements.base_tables import Moment, metadata

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.ticket_id"), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("response_class", sa.Text, nullable=False),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("respond_by", Moment, nullable=False),
    sa.Column("target_minutes", sa.Integer, nullable=False),
    sa.Column("calendar", JSONB, nullable=False),
    sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id")),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("decided_at", Moment, nullable=False),
    sa.UniqueConstraint("ticket_id", "sequence", name="decisions_ticket_sequence"),
    sa.CheckConstraint("response_class IN ('premium', 'standard')", name="decisions_response_class"),
    sa.CheckConstraint("(response_class = 'premium') = (grant_id IS NOT NULL)", name="decisions_premium_has_grant"),
)
