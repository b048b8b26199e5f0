"""The audit trail: who changed class, owner or state, and why; the service's role may add to it and nothing else."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import grant_app

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Audit."""
    op.create_table(
        "audit",
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("contact_key", sa.Text, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False, comment="customer, system, agent:<id>, integrator:<name>"),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column(
            "form_key",
            sa.Text,
            unique=True,
            comment="digest of the form's token: one press of Take next, one ticket",
        ),
    )
    grant_app(op, "audit", append_only=True)


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
