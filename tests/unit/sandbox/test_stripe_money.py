"""The stand-in's fees, dates of availability, cards and signatures."""

from datetime import UTC, datetime

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from sandbox.stripe.balance import available_on
from sandbox.stripe.card_form import read
from sandbox.stripe.cards import DECLINES, NUMBERS, PAYMENT_METHODS, TOKENS, passes_luhn
from sandbox.stripe.courier import signature, wait_s
from sandbox.stripe.currencies import CURRENCIES, fee, spoken
from sandbox.stripe.errors import StripeError
from sandbox.stripe.payments import check_amount

NOW = int(datetime(2026, 11, 20, 15, 0, tzinfo=UTC).timestamp())  # a Friday


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [(4900, "usd", 172), (50, "usd", 31), (1000, "eur", 59), (7500, "jpy", 248), (17, "usd", 30), (18, "usd", 31)],
)
def test_the_fee_is_whole_minor_units_rounded_half_up(amount: int, currency: str, expected: int) -> None:
    assert fee(amount, currency) == expected


@given(st.sampled_from(sorted(CURRENCIES)))
def test_the_smallest_charge_leaves_something(currency: str) -> None:
    smallest = CURRENCIES[currency].minimum
    assert fee(smallest, currency) > 0
    assert smallest % CURRENCIES[currency].step == 0


def test_amounts_read_as_people_write_them() -> None:
    assert (spoken(4900, "usd"), spoken(7500, "jpy")) == ("$49.00", "¥7,500")
    assert (spoken(50_000, "isk"), spoken(1_000_000, "ugx")) == ("ISK500", "UGX10,000")


@pytest.mark.parametrize(("amount", "currency"), [(7010, "isk"), (190_001, "ugx"), (255, "kwd")])
def test_an_amount_that_nobody_can_pay_is_refused_as_stripe_does(amount: int, currency: str) -> None:
    check_amount(amount - amount % 100, currency)
    with pytest.raises(StripeError, match="must be a multiple of"):
        check_amount(amount, currency)


def test_money_of_a_friday_is_there_on_tuesday() -> None:
    assert datetime.fromtimestamp(available_on(NOW), UTC) == datetime(2026, 11, 24, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=2**31))
def test_money_is_never_there_on_a_weekend_or_at_once(moment: int) -> None:
    ready = datetime.fromtimestamp(available_on(moment), UTC)
    assert ready.weekday() < 5
    assert ready.timestamp() > moment


def test_every_test_card_is_a_possible_number_and_every_decline_has_its_words() -> None:
    cards = [*NUMBERS.values(), *PAYMENT_METHODS.values(), *TOKENS.values()]
    assert all(passes_luhn(number) for number in NUMBERS)
    assert all(card.last4 == number[-4:] for number, card in NUMBERS.items())
    assert {card.decline_code for card in cards} - {None} <= set(DECLINES)
    assert not passes_luhn("4242424242424241")


@given(st.text(), st.text(), st.text())
def test_any_nonsense_in_the_form_is_an_error_not_a_breakdown(number: str, expiry: str, cvc: str) -> None:
    filled = read({"card_number": number, "card_expiry": expiry, "card_cvc": cvc}, NOW)
    assert filled.errors
    assert filled.values["card_cvc"] == ""


@pytest.mark.parametrize("expiry", ["12/34", "12 / 34", "1234", "12/2034", "12-34"])
def test_a_date_may_be_written_in_several_ways(expiry: str) -> None:
    filled = read(
        {
            "email": "jo@example.com",
            "card_number": "378282246310005",
            "card_expiry": expiry,
            "card_cvc": "1234",
            "name": "Jo",
            "country": "DE",
        },
        NOW,
    )
    assert not filled.errors
    assert filled.card is not None
    assert (filled.card.exp_month, filled.card.exp_year) == (12, 2034)


def test_a_card_is_good_until_the_end_of_its_month() -> None:
    assert "card_expiry" not in read({"card_expiry": "11/26"}, NOW).errors
    assert "card_expiry" in read({"card_expiry": "10/26"}, NOW).errors


def test_stripes_code_accepts_our_signature() -> None:
    header = signature('{"id": "evt_1"}', ["whsec_x"], NOW)
    assert stripe.WebhookSignature.verify_header('{"id": "evt_1"}', header, "whsec_x", tolerance=None)


def test_waits_double_up_to_half_a_minute() -> None:
    assert [wait_s(attempt, 1.0) for attempt in (1, 2, 3, 6, 100)] == [1.0, 2.0, 4.0, 30.0, 30.0]
