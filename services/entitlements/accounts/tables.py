"""Which address belongs to which account."""

import sqlalchemy as sa

from services.entitlements.base_tables import Moment, metadata

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("email", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
)
