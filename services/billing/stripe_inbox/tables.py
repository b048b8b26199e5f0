"""What Stripe sent, and how far the sweep over its list has come."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, metadata
from shared.work.columns import work_columns, work_indexes

webhook_events = sa.Table(
    "webhook_events",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),  # by Stripe's clock
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("handled_at", Moment),
    *work_columns(),
    *work_indexes("webhook_events"),
    sa.Index("webhook_events_by_received_at", "received_at", postgresql_using="brin"),
)

sweep_positions = sa.Table(
    "sweep_positions",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("reached_at", Moment, nullable=False),  # all that Stripe made before is here
    # A pass walks Stripe's list from the newest down to reached_at, and goes on where it stopped.
    sa.Column("pass_newest_at", Moment),
    sa.Column("pass_last_id", sa.Text),
    sa.CheckConstraint(
        "(pass_newest_at IS NULL) = (pass_last_id IS NULL)", name="sweep_positions_inside_a_pass_or_not"
    ),
)
