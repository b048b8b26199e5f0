"""Money: integer minor units with a currency, never a float."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, yen) of one currency (ISO 4217, lower case as Stripe writes it)."""

    amount_minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)


def exponent(currency: str) -> int:
    """How many digits of the currency stand after the point: 2 for usd, 0 for jpy (from CLDR)."""
    return get_currency_precision(currency.upper())


def format_money(money: Money, locale: str = "en_US") -> str:
    """The amount as a reader of that locale writes it: `$49.00`, `¥7,500`."""
    major = Decimal(money.amount_minor).scaleb(-exponent(money.currency))
    return str(format_currency(major, money.currency.upper(), locale=locale))


def totals(amounts: Iterable[Money]) -> dict[str, int]:
    """The sum of the amounts for each currency, in minor units. A balanced entry has zeros only."""
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, 0) + amount.amount_minor
    return sums
