"""Reads the payment form: a test card and who pays, or a sentence for each field that is wrong.

Fields of `POST /c/pay/{session id}` (form-encoded, no JavaScript needed): `email`, `card_number` (blanks allowed),
`card_expiry` (`12 / 34`, `12/2034` or `1234`), `card_cvc`, `name`, `country` (two letters). The answer is 303 to the
success address when the card paid; 402 with the page when it was declined; 422 with the page when a field is wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sandbox.stripe import checks
from sandbox.stripe.cards import DECLINES, NUMBERS, Card, passes_luhn
from sandbox.stripe.errors import StripeError

FIELDS = ("email", "card_number", "card_expiry", "card_cvc", "name", "country")
_SHORTEST, _LONGEST = 13, 19
_EXPIRY = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{4}|\d{2})|(\d{2})(\d{2})")


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A form as it came. `errors`: field to sentence; `card` is there only without errors of the card."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    card: Card | None = None


def read(form: Mapping[str, str], now: int) -> Filled:
    """Check every field. A number that is no test card is refused and not kept."""
    values = {name: form.get(name, "").strip()[:200] for name in FIELDS}
    errors: dict[str, str] = {}
    try:
        checks.email(values["email"], "email")
    except StripeError:
        errors["email"] = "Enter a whole email address, such as jane@example.com."
    number = re.sub(r"[\s-]", "", values["card_number"])
    card = _card(number, errors)
    month, year = _expiry(values["card_expiry"], now, errors)
    length = 4 if card and card.brand == "amex" else 3
    if not (values["card_cvc"].isdigit() and len(values["card_cvc"]) == length):
        errors["card_cvc"] = "Your card's security code is incomplete."
    if not values["name"]:
        errors["name"] = "Enter the name on the card."
    if not re.fullmatch(r"[A-Z]{2}", values["country"]):
        errors["country"] = "Choose a country or region."
    if number not in NUMBERS and passes_as_real(number):
        values["card_number"] = ""
    values["card_cvc"] = ""
    return Filled(values=values, errors=errors, card=card and replace(card, exp_month=month, exp_year=year))


def passes_as_real(number: str) -> bool:
    """Whether this could be somebody's card."""
    return number.isdigit() and _SHORTEST <= len(number) <= _LONGEST and passes_luhn(number)


def _card(number: str, errors: dict[str, str]) -> Card | None:
    card = NUMBERS.get(number)
    if card is None:
        if passes_as_real(number):
            errors["card_number"] = DECLINES["test_mode_live_card"].message
        elif not number.isdigit() or len(number) < _SHORTEST:
            errors["card_number"] = "Your card number is incomplete."
        else:
            errors["card_number"] = "Your card number is invalid."
    return card


def _expiry(value: str, now: int, errors: dict[str, str]) -> tuple[int, int]:
    match = _EXPIRY.fullmatch(value)
    month = int(match[1] or match[3]) if match else 0
    if not match or not 1 <= month <= 12:  # noqa: PLR2004 - months
        errors["card_expiry"] = (
            "Your card's expiration date is incomplete." if not match else "Your card's expiration date is invalid."
        )
        return 0, 0
    year = int(match[2] or match[4]) % 100 + 2000
    today = datetime.fromtimestamp(now, UTC)
    if (year, month) < (today.year, today.month):
        errors["card_expiry"] = "Your card's expiration date is in the past."
    elif year > today.year + 50:
        errors["card_expiry"] = "Your card's expiration year is invalid."
    return month, year
