"""The table of idempotency keys; what fills and reads it stands in shared.web.idempotency, which needs Flask."""

import sqlalchemy as sa

from shared.retention import Retention


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """The keys of a service, to stand in its own tables.py and migrations."""
    return sa.Table(
        "idempotency_keys",
        metadata,
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.LargeBinary),
        sa.Column("location", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("idempotency_keys_by_created_at", "created_at", postgresql_using="brin"),
    )


def keys_kept(keys: sa.Table, days: int) -> Retention:
    """For so long a request is answered under its key without being done again."""
    return Retention(table=keys, since="created_at", days=days)
