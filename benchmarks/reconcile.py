"""A day reconciled, and the mirror before it, each beside the same durable work without anything around it.

The day is compared with ledger and all; one payment in a thousand has something wrong with it. Bare is one statement
that joins the same tables and counts. The mirror takes charges in batches as the job does; bare writes the same rows
into the same tables by arrays.
"""

import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from benchmarks.books import fill
from benchmarks.paired import Benchmark, run
from benchmarks.servers import Servers, servers
from services.billing.gateways.stripe.charges import BalanceTransaction, Charge
from services.billing.ledger.book_day import BookDay
from services.billing.payments.mirror import mirror_batch
from services.billing.reconciliation.reconcile import BATCH
from shared.db import Database
from shared.money import Money
from tests.support.book_days import BookDays

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
DAY, SMALL_DAY = BookDay(day=BEGINS.date(), zone="UTC"), BookDay(day=BEGINS.date() + timedelta(days=1), zone="UTC")
BARE = """
SELECT count(*), count(*) FILTER (
    WHERE c.amount_minor = p.amount_minor AND o.amount_minor = c.amount_minor AND b.gross_minor = c.amount_minor
      AND l.received = c.amount_minor AND f.fees = b.fee_minor)
FROM (SELECT * FROM charges WHERE created_at >= %(begins)s AND created_at < %(ends)s) c
LEFT JOIN balance_transactions b USING (balance_transaction_id)
FULL JOIN (
    SELECT p.charge_id, p.amount_minor, order_id
    FROM (SELECT * FROM order_payments WHERE paid_at >= %(begins)s AND paid_at < %(ends)s) p
) p ON p.charge_id = c.charge_id
FULL JOIN (SELECT * FROM orders WHERE paid_at >= %(begins)s AND paid_at < %(ends)s) o ON o.order_id = p.order_id
FULL JOIN (
    SELECT t.source_id, sum(e.amount_minor) FILTER (WHERE e.ledger_account = 'stripe_balance') AS received
    FROM ledger_transactions t JOIN ledger_entries e USING (transaction_id)
    WHERE t.source_kind = 'charge' AND t.occurred_at >= %(begins)s AND t.occurred_at < %(ends)s GROUP BY 1
) l ON l.source_id = c.charge_id
FULL JOIN (
    SELECT t.source_id, sum(e.amount_minor) FILTER (WHERE e.ledger_account = 'stripe_fees') AS fees
    FROM ledger_transactions t JOIN ledger_entries e USING (transaction_id)
    WHERE t.source_kind = 'balance_transaction' AND t.occurred_at >= %(begins)s AND t.occurred_at < %(ends)s GROUP BY 1
) f ON f.source_id = c.balance_transaction_id
"""
BARE_MIRROR = (
    """
    INSERT INTO balance_transactions SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[],
        %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
    """,
    """
    INSERT INTO charges (charge_id, order_id, balance_transaction_id, amount_minor, refunded_minor, currency,
        created_at, mirrored_at, due_at)
    SELECT *, NULL::timestamptz FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[],
        %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    """,
    """
    INSERT INTO ledger_transactions (transaction_id, source_kind, source_id, order_id, occurred_at, posted_at)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    """,
    """
    INSERT INTO ledger_entries (transaction_id, line, ledger_account, amount_minor, currency)
    SELECT * FROM unnest(%s::text[], %s::smallint[], %s::text[], %s::bigint[], %s::text[])
    """,
)
_numbers = count()


def measure(benchmark: Benchmark) -> None:
    """The mirror on tables that are filled, then the days."""
    size = benchmark.pick(quick=20_000, normal=200_000, full=1_000_000)
    with servers(valkey=False) as running:
        books = BookDays(running.databases)
        running.stack.callback(books.close)
        benchmark.say(f"Filling a day of {size:,} payments, and one of {size // 100:,}.")
        owner = running.psycopg("billing", role="owner")
        fill(owner, first=1, count=size, begins_at=BEGINS)
        fill(owner, first=10 * size, count=size // 100, begins_at=BEGINS + timedelta(days=1))
        owner.execute("UPDATE order_payments SET amount_minor = 4800 WHERE charge_id LIKE 'ch_%000'")
        _reconcile(benchmark, running, books, size)
        _mirror(benchmark, running, books.db)


def _reconcile(benchmark: Benchmark, running: Servers, books: BookDays, size: int) -> None:
    bare = running.psycopg("billing")

    def ours(day: BookDay) -> Callable[[], int]:
        return lambda: len(books.reconcile(day.day)) and 1

    def bare_join() -> int:
        row = bare.execute(BARE, {"begins": DAY.begins_at, "ends": DAY.ends_at}).fetchone()
        if row is None or row[0] < size:
            raise RuntimeError(f"The bare join saw {row} of {size}.")
        return 1

    rounds: dict[str, Callable[[], int]] = {"ours": ours(DAY), "bare": bare_join, "small": ours(SMALL_DAY)}
    times = benchmark.alternate(rounds, rounds=benchmark.pick(quick=5, normal=5, full=5))
    benchmark.compare(f"reconcile a day of {size:,}", times, ours="ours", bare="bare", goal=1.5)
    benchmark.compare("a day with 1 % of the rows, against the full one", times, ours="small", bare="ours", goal=0.05)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    benchmark.record("memory of the process, MB", ours=megabytes, bare=None, ratio=megabytes, goal=300)


def _mirror(benchmark: Benchmark, running: Servers, db: Database) -> None:
    batches = benchmark.pick(quick=4, normal=10, full=20)
    bare = running.psycopg("billing", autocommit=False)

    def ours() -> int:
        for _ in range(batches):
            read = [_charge(next(_numbers)) for _ in range(BATCH)]
            with db.transaction() as session:
                mirror_batch(session, read, now=BEGINS)
        return batches * BATCH

    def bare_insert() -> int:
        for _ in range(batches):
            for statement, columns in zip(BARE_MIRROR, _columns([next(_numbers) for _ in range(BATCH)]), strict=True):
                bare.execute(statement, columns)
            bare.commit()
        return batches * BATCH

    times = benchmark.alternate({"ours": ours, "bare": bare_insert})
    benchmark.compare("mirror a charge", times, ours="ours", bare="bare", goal=2.0)


def _charge(number: int) -> Charge:
    at = BEGINS + timedelta(days=10, milliseconds=number)
    balance = BalanceTransaction(
        balance_transaction_id=f"txn_m{number}", source_id=f"ch_m{number}", type="charge", gross=Money(4900, "usd"),
        fee_minor=172, created_at=at, available_on=at,
    )  # fmt: skip
    return Charge(
        charge_id=f"ch_m{number}", payment_intent_id=None, order_id=f"ord_m{number}", installation=None,
        amount=Money(4900, "usd"), refunded_minor=0, paid=True, created_at=at, balance_transaction=balance,
    )  # fmt: skip


def _columns(numbers: list[int]) -> list[list[list[Any]]]:
    many = len(numbers)
    at = [BEGINS + timedelta(days=10, milliseconds=number) for number in numbers]
    charges, balances, orders, heads = (
        [f"{kind}{number}" for number in numbers] for kind in ("ch_m", "txn_m", "ord_m", "ltx_m")
    )
    usd = ["usd"] * many
    return [
        [balances, charges, ["charge"] * many, [4900] * many, [172] * many, usd, at, at, at],
        [charges, orders, balances, [4900] * many, [0] * many, usd, at, at],
        [heads, ["balance_transaction"] * many, balances, orders, at, at],
        [
            [head for head in heads for _ in range(2)], [1, 2] * many, ["stripe_fees", "stripe_balance"] * many,
            [172, -172] * many, ["usd"] * (2 * many),
        ],
    ]  # fmt: skip


if __name__ == "__main__":
    run(measure, __doc__)
