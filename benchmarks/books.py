"""Days of books by the hundred thousand: paid orders with charge, balance transaction and ledger."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

_ROWS = "FROM generate_series(%(first)s::bigint, %(last)s::bigint) n"
_AT = "%(at)s::timestamptz + n * interval '10 milliseconds'"
_FILL = (
    f"""
    INSERT INTO orders (order_id, account_id, contact_email, product, credits, response_class, expires_after_days,
        amount_minor, currency, lookup_key, state, checkout_expires_at, created_at, paid_at, settled_at, due_at)
    SELECT 'ord_' || n, 'acc_many', 'many@acme.test', 'incident_1', 1, 'premium', 365, 4900, 'usd', 'incident_1_usd',
        'settled', {_AT}, {_AT}, {_AT}, {_AT}, NULL {_ROWS}
    """,
    f"""
    INSERT INTO order_payments (charge_id, order_id, account_id, amount_minor, currency, paid_at)
    SELECT 'ch_' || n, 'ord_' || n, 'acc_many', 4900, 'usd', {_AT} {_ROWS}
    """,
    f"""
    INSERT INTO charges (charge_id, order_id, balance_transaction_id, amount_minor, refunded_minor, currency,
        created_at, mirrored_at, due_at)
    SELECT 'ch_' || n, 'ord_' || n, 'txn_' || n, 4900, 0, 'usd', {_AT}, {_AT}, NULL {_ROWS}
    """,
    f"""
    INSERT INTO balance_transactions
    SELECT 'txn_' || n, 'ch_' || n, 'charge', 4900, 172, 'usd', {_AT}, {_AT}, {_AT} {_ROWS}
    """,
    f"""
    INSERT INTO ledger_transactions
        (transaction_id, source_kind, source_id, account_id, order_id, occurred_at, posted_at)
    SELECT 'ltx_' || n || kind, CASE kind WHEN 'a' THEN 'charge' ELSE 'balance_transaction' END,
        CASE kind WHEN 'a' THEN 'ch_' ELSE 'txn_' END || n, CASE kind WHEN 'a' THEN 'acc_many' END, 'ord_' || n,
        {_AT}, {_AT} {_ROWS}, (VALUES ('a'), ('b')) k (kind)
    """,
    f"""
    INSERT INTO ledger_entries (transaction_id, line, ledger_account, amount_minor, currency)
    SELECT 'ltx_' || n || kind, line, account, minor, 'usd' {_ROWS},
        (VALUES ('a', 1, 'stripe_balance', 4900), ('a', 2, 'deferred_revenue', -4900),
                ('b', 1, 'stripe_fees', 172), ('b', 2, 'stripe_balance', -172)) k (kind, line, account, minor)
    """,
)
_PORTION = 50_000


def fill(owner: "psycopg.Connection[object]", *, first: int, count: int, begins_at: datetime) -> None:
    """So many paid orders, numbered from `first`, a hundred in each second from that moment on, all in the books.

    The check that each transaction balances is left out while they are written: it asks row by row.
    """
    owner.execute("INSERT INTO accounts (account_id, created_at) VALUES ('acc_many', now()) ON CONFLICT DO NOTHING")
    for switch in ("DISABLE", "ENABLE"):
        for table in ("ledger_transactions", "ledger_entries"):
            owner.execute(f"ALTER TABLE {table} {switch} TRIGGER {table}_balance")
        if switch == "DISABLE":
            for begin in range(0, count, _PORTION):
                last = min(begin + _PORTION, count)
                values = {"first": begin + first, "last": first + last - 1, "at": begins_at}
                values["at"] = begins_at.fromtimestamp(begins_at.timestamp() - first / 100, begins_at.tzinfo)
                for statement in _FILL:
                    owner.execute(statement, values)
    owner.execute("VACUUM ANALYZE")
