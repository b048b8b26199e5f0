"""What each table of entitlements builds on: the metadata, a moment, the channels' tables and the audit trail."""

import sqlalchemy as sa

from shared.audit import audit_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table
from shared.staff.store import staff_sessions_table

metadata = sa.MetaData()
Moment = sa.DateTime(timezone=True)

inbox = inbox_table(metadata)
outbox = outbox_table(metadata)
audit_entries = audit_table(metadata)
staff_sessions = staff_sessions_table(metadata)
