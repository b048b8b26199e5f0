"""Decides what each currency allows: digits, smallest charge, and Stripe's fee in whole minor units."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shared.money import Money, exponent, format_money

PERCENT_FEE_PER_MILLE = 29


@dataclass(frozen=True, kw_only=True)
class Currency:
    """Amounts in minor units. `step`: amounts are multiples of it (https://docs.stripe.com/currencies#special-cases).

    Three-decimal currencies end in 0; ISK and UGX count hundredths that nobody can pay, and end in 00.
    """

    minimum: int
    fixed_fee: int
    step: int = 1


# Smallest charges: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. The fixed part of the fee is
# about 30 US cents everywhere; what an account really pays is in its contract.
CURRENCIES = {
    "usd": Currency(minimum=50, fixed_fee=30),
    "eur": Currency(minimum=50, fixed_fee=30),
    "gbp": Currency(minimum=30, fixed_fee=30),
    "chf": Currency(minimum=50, fixed_fee=30),
    "cad": Currency(minimum=50, fixed_fee=30),
    "aud": Currency(minimum=50, fixed_fee=30),
    "nzd": Currency(minimum=50, fixed_fee=30),
    "sgd": Currency(minimum=50, fixed_fee=50),
    "hkd": Currency(minimum=400, fixed_fee=235),
    "sek": Currency(minimum=300, fixed_fee=180),
    "nok": Currency(minimum=300, fixed_fee=200),
    "dkk": Currency(minimum=250, fixed_fee=180),
    "pln": Currency(minimum=200, fixed_fee=100),
    "brl": Currency(minimum=50, fixed_fee=39),
    "mxn": Currency(minimum=1000, fixed_fee=300),
    "inr": Currency(minimum=50, fixed_fee=300),
    "jpy": Currency(minimum=50, fixed_fee=30),
    "krw": Currency(minimum=500, fixed_fee=300),
    "kwd": Currency(minimum=150, fixed_fee=90, step=10),
    "huf": Currency(minimum=17_500, fixed_fee=11_000),
    "isk": Currency(minimum=7_000, fixed_fee=4_200, step=100),
    "ugx": Currency(minimum=190_000, fixed_fee=110_000, step=100),
}
LARGEST_AMOUNT = 99_999_999

DOLLARS = {
    code: Decimal(worth)
    for code, worth in {
        "usd": "1", "eur": "1.10", "gbp": "1.30", "chf": "1.15", "cad": "0.73", "aud": "0.66", "nzd": "0.60",
        "sgd": "0.75", "hkd": "0.128", "sek": "0.096", "nok": "0.094", "dkk": "0.147", "pln": "0.256", "brl": "0.18",
        "mxn": "0.052", "inr": "0.0119", "jpy": "0.0067", "krw": "0.00073", "kwd": "3.26", "huf": "0.0028",
        "isk": "0.0072", "ugx": "0.00027",
    }.items()
}  # fmt: skip
"""What one whole unit is worth in US dollars: made-up rates of a good size; an account may be given others."""


def fee(amount: int, currency: str) -> int:
    """Stripe's fee for a card charge: 2.9 % rounded half up to a whole minor unit, and a fixed part."""
    return (amount * PERCENT_FEE_PER_MILLE + 500) // 1000 + CURRENCIES[currency].fixed_fee


def converted(amount: int, currency: str, into: str, rate: Decimal) -> int:
    """An amount in another currency, in its minor units; half a unit goes away from zero. `rate` is for whole units."""
    exact = Decimal(amount).scaleb(exponent(into) - exponent(currency)) * rate
    return int(exact.to_integral_value(ROUND_HALF_UP))


def in_currency(amount: int, currency: str, into: str) -> int:
    """An amount at the made-up rates, such as a fee that Stripe names in dollars."""
    return amount if currency == into else converted(amount, currency, into, DOLLARS[currency] / DOLLARS[into])


def spoken(amount: int, currency: str) -> str:
    """The amount as a reader of American English writes it: `$49.00`, `¥7,500`."""
    return format_money(Money(amount, currency))
