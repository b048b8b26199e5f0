"""Who changed which order, and why: append-only."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import grant_app

revision = "0008"
down_revision = "0007"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Audit."""
    op.create_table(
        "audit_entries",
        sa.Column("aggregate_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("before", JSONB),
        sa.Column("after", JSONB),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("aggregate_id", "number"),
    )
    grant_app(op, "audit_entries", append_only=True)


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
