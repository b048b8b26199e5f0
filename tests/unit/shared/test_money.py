"""Money is whole minor units of one currency."""

import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from shared.money import Money, exponent, format_money, totals

AMOUNTS = st.integers(-(10**12), 10**12)
CURRENCIES = st.sampled_from(["usd", "eur", "gbp", "jpy", "kwd"])
MONEY = st.builds(Money, AMOUNTS, CURRENCIES)


@pytest.mark.parametrize(
    ("currency", "digits"), [("usd", 2), ("eur", 2), ("jpy", 0), ("krw", 0), ("kwd", 3), ("bhd", 3)]
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
    ],
)
def test_an_amount_is_written_as_its_reader_writes_it(money: Money, locale: str, written: str) -> None:
    assert format_money(money, locale) == written


@given(MONEY)
def test_what_is_written_reads_back_as_the_same_amount(money: Money) -> None:
    written = format_money(money)
    digits = "".join(sign for sign in written if sign.isdigit() or sign in ".,-")
    assert parse_decimal(digits, locale="en_US").scaleb(exponent(money.currency)) == money.amount_minor


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
