"""Money is whole minor units of one currency."""

import re
from decimal import Decimal

import pytest
from babel.numbers import list_currencies, parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from shared.money import Money, exponent, format_money, totals

AMOUNTS = st.integers(-(10**12), 10**12)
CURRENCIES = st.sampled_from(["usd", "eur", "gbp", "jpy", "kwd", "isk", "ugx"])
EVERY_CURRENCY = st.sampled_from(sorted(code.lower() for code in list_currencies()))
MONEY = st.builds(Money, AMOUNTS, CURRENCIES)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("usd", 2),
        ("eur", 2),
        ("jpy", 0),
        ("krw", 0),
        ("kwd", 3),
        ("bhd", 3),
        ("isk", 2),
        ("ugx", 2),
        ("huf", 2),
        ("twd", 2),
    ],
)
def test_each_currency_has_its_own_number_of_digits_after_the_point(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(
    ("money", "locale", "written"),
    [
        (Money(4900, "usd"), "en_US", "$49.00"),
        (Money(-4900, "usd"), "en_US", "-$49.00"),
        (Money(5, "usd"), "en_US", "$0.05"),
        (Money(7500, "jpy"), "en_US", "¥7,500"),
        (Money(15_250, "kwd"), "en_US", "KWD15.250"),
        (Money(4900, "eur"), "de_DE", "49,00\xa0€"),
        (Money(50_000, "isk"), "en_US", "ISK500"),
        (Money(50_000, "isk"), "is_IS", "500\xa0kr."),
        (Money(1234, "isk"), "en_US", "ISK12.34"),
        (Money(1_000_000, "ugx"), "en_US", "UGX10,000"),
    ],
)
def test_an_amount_is_written_as_its_reader_writes_it(money: Money, locale: str, written: str) -> None:
    assert format_money(money, locale) == written


def _read(written: str) -> Decimal:
    """The number in an amount of American English; what stands before its first digit is the currency's sign."""
    sign = "-" if written.startswith("-") else ""
    return parse_decimal(sign + re.sub(r"^\D*", "", written), locale="en_US")


@given(st.builds(Money, AMOUNTS, EVERY_CURRENCY))
def test_what_is_written_reads_back_as_the_same_amount_in_every_currency(money: Money) -> None:
    written = format_money(money)
    assert _read(written).scaleb(exponent(money.currency)) == money.amount_minor


# Stripe's list: zero-decimal, three-decimal; all others are counted in hundredths, whatever coins there are.
_WHOLE = ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
_LISTED = dict.fromkeys(_WHOLE, 1) | dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 1000)


@given(st.integers(0, 10**9), EVERY_CURRENCY)
def test_a_whole_amount_of_any_currency_reads_as_that_number(whole: int, currency: str) -> None:
    written = format_money(Money(whole * _LISTED.get(currency, 100), currency), "en_US")

    assert _read(written) == whole


@given(AMOUNTS, AMOUNTS, CURRENCIES)
def test_a_sum_is_exact_and_a_difference_takes_it_back(first: int, second: int, currency: str) -> None:
    one, other = Money(first, currency), Money(second, currency)
    assert one + other == Money(first + second, currency)
    assert one + other - other == one
    assert one + -one == Money(0, currency)


@pytest.mark.parametrize("wrong", [lambda a, b: a + b, lambda a, b: a - b])
def test_two_currencies_do_not_add_up(wrong: object) -> None:
    with pytest.raises(ValueError, match="usd and jpy do not add up"):
        wrong(Money(100, "usd"), Money(100, "jpy"))  # type: ignore[operator]


@given(st.lists(MONEY))
def test_an_entry_with_its_counter_entry_is_balanced_in_every_currency(amounts: list[Money]) -> None:
    assert set(totals([*amounts, *(-amount for amount in amounts)]).values()) <= {0}


def test_totals_keep_the_currencies_apart() -> None:
    assert totals([Money(4900, "usd"), Money(-300, "usd"), Money(7500, "jpy")]) == {"usd": 4600, "jpy": 7500}
