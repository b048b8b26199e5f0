"""Reconciliations are work in the background: how far each has read Stripe, and how it stands. Those there are done.

The two indexes serve the comparison (orders of a day) and the morning page (what is open, the oldest first).
"""

from alembic import op

from shared.migrations import add_index

revision = "0005"
down_revision = "0004"

# Constants are kept in the catalog: no row is written, and none is read. Then the defaults are those of new rows.
COLUMNS = """
ALTER TABLE reconciliations
    ADD COLUMN mirrored integer NOT NULL DEFAULT 0,
    ADD COLUMN mirrored_to text,
    ADD COLUMN mirrored_at timestamptz,
    ADD COLUMN done boolean NOT NULL DEFAULT true,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN waits_since timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN failures integer NOT NULL DEFAULT 0,
    ADD COLUMN parked_at timestamptz,
    ADD COLUMN last_error text
"""


def upgrade() -> None:
    """Add the columns of work and progress, and the indexes."""
    op.execute(COLUMNS)
    op.execute("ALTER TABLE reconciliations ALTER COLUMN due_at SET DEFAULT now()")
    add_index(op, "reconciliations_due", "reconciliations", "due_at", where="due_at IS NOT NULL")
    add_index(op, "reconciliations_parked", "reconciliations", "parked_at", where="parked_at IS NOT NULL")
    add_index(op, "orders_by_paid_at", "orders", "paid_at", where="paid_at IS NOT NULL")
    add_index(
        op,
        "reconciliation_exceptions_open",
        "reconciliation_exceptions",
        "occurred_at, exception_id",
        where="resolved_at IS NULL",
    )
    add_index(op, "reconciliation_exceptions_by_run", "reconciliation_exceptions", "last_seen_run, charge_id")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
