"""A repeated request is told where the thing that it made stands, as the first one was: the key keeps Location."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Keys that were stored before have none, and their answers are repeated without it."""
    op.add_column("idempotency_keys", sa.Column("location", sa.Text))


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
