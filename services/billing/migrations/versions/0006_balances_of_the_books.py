"""Balances of the books, kept by the statement that writes entries: no page sums a ledger up that grows for ever.

Each transaction counts in two places: in all of time, and in its quarter of an hour, of which the days of every zone
are made. Who writes takes a slot that nobody else holds until it commits, so two never wait for one row. The role of
the service may only read them.
"""

from alembic import op

from shared.migrations import grant_app, take_time

revision = "0006"
down_revision = "0005"

TABLE = """
CREATE TABLE book_balances (
    since timestamptz,
    ledger_account text,
    currency text,
    slot integer,
    debit_minor bigint NOT NULL, credit_minor bigint NOT NULL,
    PRIMARY KEY (since, ledger_account, currency, slot)
);
"""
SUMS = """
    SELECT place.since, e.ledger_account, e.currency, {slot},
           sum(greatest(e.amount_minor, 0)), sum(greatest(-e.amount_minor, 0))
    FROM {lines} e JOIN ledger_transactions t USING (transaction_id)
    CROSS JOIN LATERAL (
        VALUES ('-infinity'::timestamptz), (date_bin('15 minutes', t.occurred_at, '2000-01-01T00:00:00Z'))
    ) place (since)
"""
KEEP = f"""
CREATE FUNCTION keep_balances() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    free integer := 0;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(hashtext('book_balances'), free) LOOP
        free := free + 1;
    END LOOP;
    INSERT INTO book_balances AS kept (since, ledger_account, currency, slot, debit_minor, credit_minor)
    {SUMS.format(slot="free", lines="written")}
    GROUP BY 1, 2, 3
    ON CONFLICT (since, ledger_account, currency, slot) DO UPDATE
        SET debit_minor = kept.debit_minor + excluded.debit_minor,
            credit_minor = kept.credit_minor + excluded.credit_minor;
    RETURN NULL;
END $$
"""  # noqa: S608 - constants of this migration
TRIGGER = """
CREATE TRIGGER ledger_entries_keep_balances AFTER INSERT ON ledger_entries
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION keep_balances()
"""
# Those that were there before the trigger have no `counted`: they are summed up afterwards, while the work goes on.
FILL = (
    "DELETE FROM book_balances WHERE slot = -1",
    f"""
    INSERT INTO book_balances (since, ledger_account, currency, slot, debit_minor, credit_minor)
    {SUMS.format(slot="-1", lines="ledger_entries")} WHERE t.counted IS NULL GROUP BY 1, 2, 3
    """,
)


def upgrade() -> None:
    """The table with its trigger at one moment; then what was there before."""
    op.execute("ALTER TABLE ledger_transactions ADD COLUMN counted boolean")
    op.execute("ALTER TABLE ledger_transactions ALTER COLUMN counted SET DEFAULT true")
    op.execute(TABLE)
    op.execute(KEEP)
    op.execute(TRIGGER)
    grant_app(op, "book_balances", read_only=True)
    take_time(op, *FILL)


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
