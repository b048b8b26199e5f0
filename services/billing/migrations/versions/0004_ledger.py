"""The books: append-only, one transaction per movement, and every transaction sums to zero or does not commit."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant_app

revision = "0004"
down_revision = "0003"

Moment = sa.DateTime(timezone=True)

# Checked at commit, so that the lines of a transaction may come one after the other. Both triggers ask the same:
# the one on the lines catches a sum that is not zero, the one on the transaction catches one without any line.
BALANCES = """
CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines bigint;
    wrong text;
BEGIN
    SELECT count(*) INTO lines FROM ledger_entries WHERE transaction_id = NEW.transaction_id;
    SELECT currency INTO wrong FROM ledger_entries WHERE transaction_id = NEW.transaction_id
        GROUP BY currency HAVING sum(amount_minor) <> 0 LIMIT 1;
    IF lines = 0 OR wrong IS NOT NULL THEN
        RAISE EXCEPTION 'ledger transaction % does not balance (lines: %, currency: %)',
            NEW.transaction_id, lines, wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Ledger."""
    op.create_table(
        "ledger_transactions",
        sa.Column("transaction_id", sa.Text, nullable=False),
        sa.Column("movement", sa.Text, nullable=False),
        sa.Column("movement_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.Column("posted_at", Moment, nullable=False),
        sa.CheckConstraint("movement IN ('charge', 'fee', 'release')", name="ledger_transactions_movement_known"),
        sa.PrimaryKeyConstraint("transaction_id"),
        sa.UniqueConstraint("movement", "movement_id", name="ledger_transactions_one_per_movement"),
    )
    op.create_index("ledger_transactions_by_order", "ledger_transactions", ["order_id"])
    op.create_index("ledger_transactions_by_time", "ledger_transactions", ["occurred_at", "transaction_id"])
    op.create_table(
        "ledger_entries",
        sa.Column("transaction_id", sa.Text, nullable=False),
        sa.Column("line", sa.SmallInteger, nullable=False),
        sa.Column("ledger_account", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.CheckConstraint(
            "ledger_account IN ('stripe_balance', 'deferred_revenue', 'revenue', 'stripe_fees', 'currency_exchange')",
            name="ledger_entries_account_known",
        ),
        sa.CheckConstraint("amount_minor <> 0", name="ledger_entries_move_something"),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.transaction_id"],
        ),
        sa.PrimaryKeyConstraint("transaction_id", "line"),
    )
    op.execute(BALANCES)
    for table in ("ledger_transactions", "ledger_entries"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_balance AFTER INSERT ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balances()"
        )
    grant_app(op, "ledger_transactions", append_only=True)
    grant_app(op, "ledger_entries", append_only=True)


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
