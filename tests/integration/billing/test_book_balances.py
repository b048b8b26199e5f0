"""The balances beside the ledger: always what its entries come to, whoever writes at the same time."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import ProgrammingError

from services.billing.ledger import store as ledger
from services.billing.ledger.book_day import day_of
from services.billing.ledger.entries import LedgerTransaction, SourceKind, charge_entries, fee_entries, release_entries
from shared.ids import new_id
from shared.money import Money
from tests.support.book_days import BookDays

BEGAN = datetime(2026, 3, 28, 20, tzinfo=UTC)  # the night in which Berlin's clocks change
ENTRIES = """
SELECT {since}, ledger_account, currency, sum(greatest(amount_minor, 0)), sum(greatest(-amount_minor, 0))
FROM ledger_entries JOIN ledger_transactions USING (transaction_id) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
KEPT = """
SELECT {since}, ledger_account, currency, sum(debit_minor), sum(credit_minor) FROM book_balances
WHERE since {which} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@pytest.fixture
def books(databases: Any) -> Iterator[BookDays]:
    opened = BookDays(databases)
    yield opened
    opened.close()


def transaction(amount: int, currency: str, kind: SourceKind, minutes: int) -> LedgerTransaction:
    money, settled = Money(amount, currency), Money(amount // 2 + 1, "eur")
    entries = {
        SourceKind.CHARGE: charge_entries(money),
        SourceKind.CONSUMPTION: release_entries(money),
        SourceKind.BALANCE_TRANSACTION: fee_entries(charged=money, settled=settled, fee=Money(3, "eur")),
    }[kind]
    return LedgerTransaction(
        source_kind=kind, source_id=new_id("src"), account_id=None, order_id=None,
        occurred_at=BEGAN + timedelta(minutes=minutes), entries=entries,
    )  # fmt: skip


transactions = st.builds(
    transaction,
    st.integers(1, 10**9),
    st.sampled_from(["usd", "eur", "jpy"]),
    st.sampled_from(SourceKind),
    st.integers(0, 60 * 36),
)


def agree(books: BookDays) -> None:
    """The entries themselves are the witness: over all time, and for each quarter of an hour."""
    quarter = "date_bin('15 minutes', occurred_at, '2000-01-01T00:00:00Z')"
    with books.db.transaction() as session:
        for entries, kept in (("1", ("1", "= '-infinity'")), (quarter, ("since", "> '-infinity'"))):
            expected = session.execute(sa.text(ENTRIES.format(since=entries))).all()
            assert session.execute(sa.text(KEPT.format(since=kept[0], which=kept[1]))).all() == expected


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(transactions, min_size=1, max_size=6), max_size=4), times=st.integers(1, 2))
def test_balances_are_what_the_entries_come_to(
    books: BookDays, batches: list[list[LedgerTransaction]], times: int
) -> None:
    for batch in batches * times:
        with books.db.transaction() as session:
            ledger.post_all(session, batch, now=BEGAN)
    agree(books)


def test_a_day_of_any_zone_is_made_of_quarters(books: BookDays) -> None:
    spread = [transaction(100, "usd", SourceKind.CHARGE, minutes) for minutes in range(0, 60 * 36, 7)]
    with books.db.transaction() as session:
        ledger.post_all(session, spread, now=BEGAN)
        for zone in ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"):
            day = day_of(BEGAN + timedelta(hours=12), zone)
            count = sum(day.begins_at <= one.occurred_at < day.ends_at for one in spread)
            moved = {moved.account.value: moved for moved in ledger.movements(session, day.begins_at, day.ends_at)}
            assert moved["stripe_balance"].debit == Money(100 * count, "usd"), zone
            assert moved["deferred_revenue"].balance == Money(-100 * count, "usd"), zone


def test_an_account_that_comes_out_even_shows_both_sides(books: BookDays) -> None:
    with books.db.transaction() as session:
        for kind in (SourceKind.CHARGE, SourceKind.CONSUMPTION):
            ledger.post(session, transaction(4900, "usd", kind, 0), now=BEGAN)
        moved = {moved.account.value: moved for moved in ledger.movements(session, BEGAN, BEGAN + timedelta(hours=1))}
    assert moved["deferred_revenue"].debit == moved["deferred_revenue"].credit == Money(4900, "usd")
    assert moved["deferred_revenue"].balance == Money(0, "usd")


def test_nobody_waits_for_a_balance_that_somebody_else_is_writing(books: BookDays) -> None:
    with books.db.transaction() as one:
        ledger.post(one, transaction(1, "usd", SourceKind.CHARGE, 0), now=BEGAN)
        with books.db.transaction() as other:
            other.execute(sa.text("SET LOCAL lock_timeout = '200ms'"))
            ledger.post(other, transaction(2, "usd", SourceKind.CHARGE, 0), now=BEGAN)
        ledger.post(one, transaction(3, "usd", SourceKind.CHARGE, 0), now=BEGAN)
    agree(books)


def test_many_writers_at_once_lose_nothing(books: BookDays) -> None:
    def write() -> None:
        for number in range(20):
            with books.db.transaction() as session:
                for kind in SourceKind if number % 2 else reversed(SourceKind):
                    ledger.post(session, transaction(number + 1, "usd", kind, number), now=BEGAN)

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with books.db.transaction() as session:
        assert session.execute(sa.text("SELECT count(*) FROM ledger_transactions")).scalar() == 6 * 20 * 3
    agree(books)


def test_what_was_booked_before_there_were_balances_is_summed_up(books: BookDays) -> None:
    with books.db.transaction() as session:
        ledger.post_all(session, [transaction(5, "usd", kind, 30) for kind in SourceKind], now=BEGAN)
    books.alter("DELETE FROM book_balances", "UPDATE ledger_transactions SET counted = NULL")
    with books.db.transaction() as session:
        ledger.post(session, transaction(7, "usd", SourceKind.CHARGE, 30), now=BEGAN)
    migration = import_module("services.billing.migrations.versions.0006_balances_of_the_books")
    for _ in range(2):  # an interrupted migration runs again
        books.alter(*migration.FILL)
    agree(books)


@pytest.mark.parametrize("change", ["UPDATE book_balances SET debit_minor = 0", "DELETE FROM book_balances"])
def test_the_product_itself_may_not_write_balances(books: BookDays, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), books.db.transaction() as session:
        session.execute(sa.text(change))
