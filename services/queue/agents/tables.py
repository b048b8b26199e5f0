"""Who works here, known by the `sub` of their sign-in."""

import sqlalchemy as sa

from services.queue.base_tables import metadata, moment

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, unique=True, comment="`sub` at the sign-in provider"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("tier", sa.Text, nullable=False),
    moment("seen_at", nullable=False),
)
