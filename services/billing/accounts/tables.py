"""The paying customers."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("contact_email", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", Moment, nullable=False),
)
