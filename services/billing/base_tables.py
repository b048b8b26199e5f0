"""What each table of billing builds on: metadata, a kind of column and index, and the tables that all services have."""

import sqlalchemy as sa

from shared.audit import audit_table
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table
from shared.staff.store import staff_sessions_table

metadata = sa.MetaData()
Moment = sa.DateTime(timezone=True)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)
audit_entries = audit_table(metadata)
staff_sessions = staff_sessions_table(metadata)


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """An index over those rows only for which `where` holds."""
    return sa.Index(name, *columns, unique=unique, postgresql_where=sa.text(where))
