"""The one row that says which installation this database belongs to; made by the migration, changed by nobody."""

import sqlalchemy as sa

from services.billing.base_tables import metadata

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("installation_id", sa.Text, primary_key=True),
    sa.Column("one", sa.Boolean, nullable=False, unique=True, server_default=sa.true()),
    sa.CheckConstraint("one", name="installation_is_one"),
)
