"""What Stripe sent, and how far the sweep over its list has come."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, index_where, metadata, one_of

webhook_events = sa.Table(
    "webhook_events",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Column("handled_at", Moment),
    sa.Column("parked_at", Moment),
    sa.Column("last_error", sa.Text),
    one_of("source", ["webhook", "swept_in"], "webhook_events_source_known"),
    index_where("webhook_events_unhandled", "next_attempt_at", where="handled_at IS NULL AND parked_at IS NULL"),
    index_where("webhook_events_parked", "parked_at", where="parked_at IS NOT NULL AND handled_at IS NULL"),
)

sweep_cursors = sa.Table(
    "sweep_cursors",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("reached_at", Moment, nullable=False),
)
