"""What each table of the queue builds on: the metadata, a moment, the channels' tables and the audit trail."""

from datetime import datetime

import sqlalchemy as sa

from shared.audit import audit_table
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table
from shared.staff.store import staff_sessions_table

metadata = sa.MetaData()


def moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    """A column that holds a moment, with its zone."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


audit_entries = audit_table(metadata)
staff_sessions = staff_sessions_table(metadata)
inbox = inbox_table(metadata)
outbox = outbox_table(metadata)
idempotency_keys = idempotency_table(metadata)
