"""The audit trail."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.billing.base_tables import Moment, metadata

audit_entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("aggregate_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("before", JSONB),
    sa.Column("after", JSONB),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("occurred_at", Moment, nullable=False),
)
