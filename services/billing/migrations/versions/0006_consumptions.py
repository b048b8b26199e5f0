"""Consumed credits, which may be known before their order is settled; each earns its share once."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant_app

revision = "0006"
down_revision = "0005"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Consumptions."""
    op.create_table(
        "consumptions",
        sa.Column("entry_id", sa.Text, nullable=False),
        sa.Column("grant_id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("consumed_at", Moment, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("released_at", Moment),
        sa.Column("number", sa.Integer),
        sa.PrimaryKeyConstraint("entry_id"),
        sa.UniqueConstraint("order_id", "number", name="consumptions_each_credit_once"),
    )
    op.create_index(
        "consumptions_unreleased",
        "consumptions",
        ["order_id"],
        postgresql_where=sa.text("released_at IS NULL AND order_id IS NOT NULL"),
    )
    grant_app(op, "consumptions")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
