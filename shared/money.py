"""Money: integer minor units with a currency, never a float."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

# Stripe's minor units (https://docs.stripe.com/currencies), in which every amount of ours is kept. They are not CLDR's:
# ISK and UGX have no smaller coin any more, and Stripe counts them in hundredths still, as it does LAK, RSD and others.
_WITHOUT_DECIMALS = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
_WITH_THREE_DECIMALS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in Stripe's minor units (cents, yen) of one currency (ISO 4217, lower case as Stripe writes it)."""

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
    """How many digits of an amount stand after the point, as Stripe counts: 2 for usd and isk, 0 for jpy."""
    if currency in _WITHOUT_DECIMALS:
        return 0
    return 3 if currency in _WITH_THREE_DECIMALS else 2


@lru_cache(maxsize=4096)  # a page of the books writes the same few prices again and again
def format_money(money: Money, locale: str = "en_US") -> str:
    """The amount as a reader of that locale writes it: `$49.00`, `¥7,500`, `ISK 500`. Nothing of it is rounded away."""
    major, code = Decimal(money.amount_minor).scaleb(-exponent(money.currency)), money.currency.upper()
    # A fee of 12.34 krónur is no amount that a reader would write, and still the amount: two digits, as Stripe has it.
    as_usual = major == round(major, get_currency_precision(code))
    return str(format_currency(major, code, locale=locale, currency_digits=as_usual))


def totals(amounts: Iterable[Money]) -> dict[str, int]:
    """The sum of the amounts for each currency, in minor units. A balanced entry has zeros only."""
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, 0) + amount.amount_minor
    return sums
