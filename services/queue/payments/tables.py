"""Which tickets wait for their payment, each with the moment at which the wait ends."""

import sqlalchemy as sa

from services.queue.base_tables import metadata
from shared.work.columns import work_columns, work_indexes

payment_waits = sa.Table(
    "payment_waits",
    metadata,
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("contact_key", sa.Text, nullable=False),
    *work_columns(),
    *work_indexes("payment_waits"),
)
