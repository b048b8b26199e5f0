"""What is old is found without reading the young: rows that are kept for some days only go by their moment.

BRIN, because these tables are written in the order of time: it costs an insert next to nothing.
"""

from alembic import op

from shared.migrations import add_index

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """An index over time for each table that is emptied."""
    add_index(op, "inbox_by_received_at", "inbox", "received_at", using="brin")
    add_index(op, "outbox_by_occurred_at", "outbox", "occurred_at", using="brin")
    add_index(op, "idempotency_keys_by_created_at", "idempotency_keys", "created_at", using="brin")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
