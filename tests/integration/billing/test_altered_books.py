"""Books that somebody altered behind the product's back: each damage is found and typed, and nothing else is reported.

The witness is the list of what was done, by the owner's role, to ledger, mirror and orders.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.money import Money
from tests.support.book_days import BookDays, Paid
from tests.support.damage import DAMAGE

FIRST = date(2026, 3, 2)
USD, EUR, YEN = Money(4900, "usd"), Money(4500, "eur"), Money(7500, "jpy")
DAY = [
    (USD, USD, 172), (USD, USD, 172), (EUR, EUR, 161), (YEN, YEN, 288), (USD, EUR, 158), (YEN, USD, 175), (USD, USD, 0),
    (EUR, EUR, 161), (USD, USD, 172),
]  # fmt: skip
"""What was charged, what Stripe settled it as, the fee. Some are settled in another currency, one has no fee."""
EXAMPLES = 60

OF_A_FEE = {name for name in DAMAGE if "fee" in name and name != "another fee at Stripe"}


def expected(damage: str, number: int) -> str | None:
    """How the damage must be called at the `number`-th payment of the day; None where it does nothing there."""
    amount, settled, fee = DAY[number]
    exchanged = amount.currency != settled.currency
    if damage in OF_A_FEE and not fee:
        return None
    if damage == "another fee at Stripe":
        return "fee_mismatch" if fee or exchanged else "fee_missing"
    if damage == "balance transaction of another amount":
        return "fee_mismatch" if exchanged else "balance_amount_mismatch"
    return DAMAGE[damage][0]


@pytest.fixture(scope="module")
def days(postgres: Any) -> Iterator[tuple[BookDays, dict[date, list[Paid]]]]:
    """Healthy days, one for each example; then their owner lifts what would keep them so."""
    with postgres.database("billing") as database:
        books = BookDays({"billing": database})
        dates = [FIRST + timedelta(days=number) for number in range(EXAMPLES + len(DAMAGE) + 1)]
        written = {day: books.write(day, DAY) for day in dates}
        books.lift_the_guards()
        yield books, written
        books.close()


def harm(books: BookDays, paid: Paid, damage: str) -> None:
    used = {"charge": paid.charge_id, "balance": paid.balance_id, "order": paid.order_id}
    for statement in DAMAGE[damage][1].split(";"):
        books.alter(statement, **{name: value for name, value in used.items() if f":{name}" in statement})


def check(books: BookDays, written: dict[date, list[Paid]], day: date, harmed: dict[int, str]) -> None:
    real = {number: (damage, kind) for number, damage in harmed.items() if (kind := expected(damage, number))}
    for number, (damage, _) in real.items():
        harm(books, written[day][number], damage)

    run, mismatches = books.reconcile(day)

    added = [kind for _, kind in real.values() if kind.startswith("+")]
    lost = {written[day][number].charge_id: kind for number, (_, kind) in real.items() if not kind.startswith("+")}
    known = {paid.charge_id for paid in written[day]}
    found = {one.charge_id: one.type.value for one in mismatches if one.charge_id in known}
    assert found == lost
    strange = sorted(one.type.value for one in mismatches if one.charge_id not in known)
    assert strange == sorted(kind.removeprefix("+") for kind in added)
    assert run.matched == len(DAY) - len(lost)
    assert run.open == len(mismatches) == len(real)


def fresh_day(written: dict[date, list[Paid]], used: set[date]) -> date:
    day = next(day for day in written if day not in used)
    used.add(day)
    return day


used_days: set[date] = set()


def test_a_day_that_nobody_altered_is_clean(days: Any) -> None:
    books, written = days
    day = fresh_day(written, used_days)
    check(books, written, day, {})

    run, _ = books.reconcile(day)
    assert {total.currency: (total.matched, total.matched_minor, total.fees_minor) for total in run.totals} == {
        "usd": (5, 24500, 691), "eur": (2, 9000, 480), "jpy": (2, 15000, 288),
    }, "a fee stands in the currency in which Stripe took it"  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_alone_is_found_and_nothing_else(days: Any, damage: str) -> None:
    books, written = days
    check(books, written, fresh_day(written, used_days), {1: damage})


@settings(max_examples=EXAMPLES - 10, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(harmed=st.dictionaries(st.integers(0, len(DAY) - 1), st.sampled_from(sorted(DAMAGE)), max_size=len(DAY)))
def test_any_damage_is_found_typed_and_counted_in_charges(days: Any, harmed: dict[int, str]) -> None:
    books, written = days
    check(books, written, fresh_day(written, used_days), harmed)
