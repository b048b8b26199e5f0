"""What Stripe sent, byte for byte, kept before it is believed, and how far the sweep over Stripe's list has come."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant_app

revision = "0003"
down_revision = "0002"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Webhook inbox."""
    op.create_table(
        "webhook_events",
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("next_attempt_at", Moment, nullable=False),
        sa.Column("handled_at", Moment),
        sa.Column("parked_at", Moment),
        sa.Column("last_error", sa.Text),
        sa.CheckConstraint("source IN ('webhook', 'swept_in')", name="webhook_events_source_known"),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(
        "webhook_events_parked",
        "webhook_events",
        ["parked_at"],
        postgresql_where=sa.text("parked_at IS NOT NULL AND handled_at IS NULL"),
    )
    op.create_index(
        "webhook_events_unhandled",
        "webhook_events",
        ["next_attempt_at"],
        postgresql_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
    )
    op.create_table(
        "sweep_cursors",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reached_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    grant_app(op, "webhook_events")
    grant_app(op, "sweep_cursors")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
