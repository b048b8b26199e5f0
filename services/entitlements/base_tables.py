"""What each table of entitlements builds on: the metadata, a moment, and the channels' tables."""

import sqlalchemy as sa

from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = sa.MetaData()
Moment = sa.DateTime(timezone=True)

inbox = inbox_table(metadata)
outbox = outbox_table(metadata)
