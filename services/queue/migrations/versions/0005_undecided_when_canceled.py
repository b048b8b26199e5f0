"""A ticket that was canceled before its decision is still asked about: entitlements cannot take its end otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Undecided, canceled or not."""
    op.drop_index("tickets_undecided", "tickets")
    op.create_index("tickets_undecided", "tickets", ["opened_at"], postgresql_where=sa.text("decision_id IS NULL"))


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
