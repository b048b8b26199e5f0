"""Decides what each currency allows: digits, smallest charge, and Stripe's fee in whole minor units."""

from dataclasses import dataclass

from shared.money import Money, format_money

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


def fee(amount: int, currency: str) -> int:
    """Stripe's fee for a card charge: 2.9 % rounded half up to a whole minor unit, and a fixed part."""
    return (amount * PERCENT_FEE_PER_MILLE + 500) // 1000 + CURRENCIES[currency].fixed_fee


def spoken(amount: int, currency: str) -> str:
    """The amount as a reader of American English writes it: `$49.00`, `¥7,500`."""
    return format_money(Money(amount, currency))
