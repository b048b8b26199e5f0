"""What a new ticket waits for: its decision, and the moment at which it gets the fallback promise without one."""

import sqlalchemy as sa

from services.queue.base_tables import metadata
from shared.work.columns import work_columns, work_indexes

pending_decisions = sa.Table(
    "pending_decisions",
    metadata,
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("contact_key", sa.Text, nullable=False),
    *work_columns(),
    *work_indexes("pending_decisions"),
)
promise_deadlines = sa.Table(
    "promise_deadlines",
    metadata,
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("contact_key", sa.Text, nullable=False),
    *work_columns(),
    *work_indexes("promise_deadlines"),
)
