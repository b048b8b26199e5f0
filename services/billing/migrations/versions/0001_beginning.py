"""All of billing as it begins: customers, orders, Stripe's mirror, the books, the webhooks and the reconciliations.

The books are append-only, and each of their transactions sums to zero or does not commit.
"""

from alembic import op

from shared.migrations import grant_app

revision = "0001"
down_revision = None

WORK = """
    due_at timestamptz DEFAULT now(),
    waits_since timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    parked_at timestamptz,
    last_error text
"""
"""What a row carries that stands for pending work (shared/work)."""

CHANNELS = """
CREATE TABLE outbox (
    id text PRIMARY KEY,
    type text NOT NULL,
    recipient text NOT NULL,
    body jsonb NOT NULL,
    request_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    {WORK}
);
CREATE TABLE inbox (
    id text PRIMARY KEY,
    type text NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE TABLE idempotency_keys (
    caller text,
    key text,
    request_hash text NOT NULL,
    locked_until timestamptz NOT NULL,
    status integer,
    body bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE TABLE audit_entries (
    aggregate text,
    aggregate_id text,
    number integer,
    owner_key text NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    why text NOT NULL,
    before jsonb NOT NULL, after jsonb NOT NULL,
    form_key text UNIQUE,
    request_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (aggregate, aggregate_id, number)
);
COMMENT ON COLUMN audit_entries.aggregate IS 'what kind of thing was changed: order, ticket, ...';
COMMENT ON COLUMN audit_entries.number IS 'counted in the aggregate''s row, without gaps';
COMMENT ON COLUMN audit_entries.owner_key IS 'whose it is: what a bigger installation shards by';
COMMENT ON COLUMN audit_entries.form_key IS 'digest of the form''s token: one press, one change';
"""
"""Events out and in, the keys of repeated requests, the audit trail."""

CUSTOMERS = """
CREATE TABLE accounts (
    account_id text PRIMARY KEY,
    name text,
    version integer NOT NULL DEFAULT 1,
    merged_into text REFERENCES accounts,
    audit_number integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    CONSTRAINT accounts_a_company_is_never_absorbed CHECK (merged_into IS NULL OR name IS NULL)
);
CREATE INDEX accounts_absorbed ON accounts (merged_into) WHERE merged_into IS NOT NULL;
CREATE UNIQUE INDEX accounts_one_company_of_a_name ON accounts (lower(name)) WHERE name IS NOT NULL;
CREATE TABLE contacts (
    email text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts
);
CREATE INDEX contacts_by_account ON contacts (account_id, email);
"""
"""Who pays, and the addresses of their people."""

ORDERS = """
CREATE TABLE orders (
    order_id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    contact_email text NOT NULL,
    ticket_id text,
    product text NOT NULL,
    credits integer NOT NULL,
    response_class text NOT NULL,
    expires_after_days integer NOT NULL,
    amount_minor bigint NOT NULL, currency text NOT NULL,
    lookup_key text NOT NULL,
    price_id text,
    state text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    checkout_session_id text UNIQUE, checkout_url text,
    checkout_expires_at timestamptz NOT NULL,
    parked_code text, parked_parameters jsonb,
    created_at timestamptz NOT NULL,
    paid_at timestamptz, settled_at timestamptz, abandoned_at timestamptz,
    audit_number integer NOT NULL DEFAULT 0,
    {WORK},
    CONSTRAINT orders_amount_above_zero CHECK (amount_minor > 0),
    CONSTRAINT orders_credits_above_zero CHECK (credits > 0),
    CONSTRAINT orders_parked_with_code_and_parameters CHECK ((parked_code IS NULL) = (parked_parameters IS NULL)),
    CONSTRAINT orders_settled_is_paid CHECK (state <> 'settled' OR (paid_at IS NOT NULL AND settled_at IS NOT NULL))
);
CREATE INDEX orders_by_account ON orders (account_id, order_id);
CREATE INDEX orders_by_ticket ON orders (ticket_id);
CREATE UNIQUE INDEX orders_one_open_per_ticket ON orders (ticket_id) WHERE state IN ('draft', 'open');
CREATE INDEX orders_to_decide ON orders (order_id) WHERE parked_code IS NOT NULL;
CREATE TABLE order_payments (
    charge_id text PRIMARY KEY,
    order_id text NOT NULL REFERENCES orders,
    account_id text NOT NULL REFERENCES accounts,
    payment_intent_id text,
    amount_minor bigint NOT NULL, currency text NOT NULL,
    paid_at timestamptz NOT NULL,
    CONSTRAINT order_payments_amount_above_zero CHECK (amount_minor > 0)
);
CREATE INDEX order_payments_by_account ON order_payments (account_id);
CREATE INDEX order_payments_by_order ON order_payments (order_id);
CREATE INDEX order_payments_by_paid_at ON order_payments (paid_at);
"""
"""Purchases and their payments: an order's row stands before Stripe is asked, and a ticket has one open order."""

MIRROR = """
CREATE TABLE charges (
    charge_id text PRIMARY KEY,
    payment_intent_id text,
    order_id text,
    balance_transaction_id text,
    amount_minor bigint NOT NULL, refunded_minor bigint NOT NULL, currency text NOT NULL,
    created_at timestamptz NOT NULL, mirrored_at timestamptz NOT NULL,
    {WORK}
);
CREATE INDEX charges_by_created_at ON charges (created_at);
CREATE INDEX charges_by_order ON charges (order_id);
CREATE TABLE balance_transactions (
    balance_transaction_id text PRIMARY KEY,
    source_id text,
    type text NOT NULL,
    gross_minor bigint NOT NULL, fee_minor bigint NOT NULL, currency text NOT NULL,
    created_at timestamptz NOT NULL,
    available_on timestamptz NOT NULL,
    mirrored_at timestamptz NOT NULL
);
"""
"""Stripe's charges and balance transactions as last read."""

BOOKS = """
CREATE TABLE ledger_transactions (
    transaction_id text PRIMARY KEY,
    source_kind text NOT NULL, source_id text NOT NULL,
    account_id text,
    order_id text,
    occurred_at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL,
    CONSTRAINT ledger_transactions_one_per_source UNIQUE (source_kind, source_id)
);
CREATE INDEX ledger_transactions_by_account ON ledger_transactions (account_id);
CREATE INDEX ledger_transactions_by_order ON ledger_transactions (order_id);
CREATE INDEX ledger_transactions_by_time ON ledger_transactions (occurred_at, transaction_id);
CREATE TABLE ledger_entries (
    transaction_id text REFERENCES ledger_transactions,
    line smallint,
    ledger_account text NOT NULL,
    amount_minor bigint NOT NULL, currency text NOT NULL,
    PRIMARY KEY (transaction_id, line),
    CONSTRAINT ledger_entries_move_something CHECK (amount_minor <> 0)
);
CREATE TABLE consumptions (
    entry_id text PRIMARY KEY,
    grant_id text NOT NULL,
    order_id text,
    account_id text NOT NULL,
    ticket_id text NOT NULL,
    consumed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    released_at timestamptz,
    number integer,
    CONSTRAINT consumptions_each_credit_once UNIQUE (order_id, number)
);
CREATE INDEX consumptions_unreleased ON consumptions (order_id) WHERE released_at IS NULL AND order_id IS NOT NULL;
"""
"""One transaction for each source; and used credits, which may be known before their order settles."""

STRIPE_INBOX = """
CREATE TABLE webhook_events (
    event_id text PRIMARY KEY,
    type text NOT NULL,
    source text NOT NULL,
    body bytea NOT NULL,
    request_id text NOT NULL,
    created_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    handled_at timestamptz,
    {WORK}
);
CREATE TABLE sweep_positions (
    name text PRIMARY KEY,
    reached_at timestamptz NOT NULL,
    pass_newest_at timestamptz, pass_last_id text,
    CONSTRAINT sweep_positions_inside_a_pass_or_not CHECK ((pass_newest_at IS NULL) = (pass_last_id IS NULL))
);
"""
"""What Stripe sent, byte for byte; and how far the sweep over its list has come."""

RECONCILIATION = """
CREATE TABLE reconciliations (
    reconciliation_id text PRIMARY KEY,
    day date NOT NULL,
    zone text NOT NULL,
    run_at timestamptz NOT NULL,
    run_by text NOT NULL,
    totals jsonb NOT NULL
);
CREATE INDEX reconciliations_by_day ON reconciliations (day, run_at);
CREATE INDEX reconciliations_by_run_at ON reconciliations (run_at, reconciliation_id);
CREATE TABLE reconciliation_exceptions (
    exception_id text PRIMARY KEY,
    day date NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    charge_id text,
    order_id text,
    balance_transaction_id text,
    ours_minor bigint, ours_currency text,
    stripe_minor bigint, stripe_currency text,
    occurred_at timestamptz NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_run text NOT NULL REFERENCES reconciliations,
    resolved_at timestamptz,
    CONSTRAINT reconciliation_exceptions_has_a_side CHECK (ours_minor IS NOT NULL OR stripe_minor IS NOT NULL)
);
CREATE INDEX reconciliation_exceptions_by_day ON reconciliation_exceptions (day, exception_id);
CREATE UNIQUE INDEX reconciliation_exceptions_open_once
    ON reconciliation_exceptions (day, type, subject) WHERE resolved_at IS NULL;
"""
"""Runs and what they found: an exception keeps its age over runs and is resolved, never deleted."""

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
WORK_TABLES = ("outbox", "orders", "charges", "webhook_events")
LEDGER = ("ledger_transactions", "ledger_entries")
WORK_TABLES = ("outbox", "orders", "charges", "webhook_events")
LEDGER = ("ledger_transactions", "ledger_entries")
CHANGED = (
    *("outbox", "inbox", "idempotency_keys", "accounts", "contacts", "orders", "order_payments", "charges"),
    *("balance_transactions", "consumptions", "webhook_events", "sweep_positions"),
    *("reconciliations", "reconciliation_exceptions"),
)


def upgrade() -> None:
    """Everything, and what the service's role may do with it."""
    for tables in (CHANNELS, CUSTOMERS, ORDERS, MIRROR, BOOKS, STRIPE_INBOX, RECONCILIATION):
        op.execute(tables.replace("{WORK}", WORK.strip()))
    for table in WORK_TABLES:
        op.execute(f"CREATE INDEX {table}_due ON {table} (due_at) WHERE due_at IS NOT NULL")
        op.execute(f"CREATE INDEX {table}_parked ON {table} (parked_at) WHERE parked_at IS NOT NULL")
    op.execute(BALANCES)
    for table in LEDGER:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_balance AFTER INSERT ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balances()"
        )
    for table in CHANGED:
        grant_app(op, table)
    for table in ("audit_entries", *LEDGER):
        grant_app(op, table, append_only=True)


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError
