"""Stripe repeats a failure saved under a key for a day: the next try takes the next key, kept with the order."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """How many keys of its checkout are used up; a constant default is no rewrite."""
    op.add_column("orders", sa.Column("checkout_tries", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
