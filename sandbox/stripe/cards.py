"""Stripe's test cards: what each number does, and what a payment form says about the others.

Numbers, tokens and what they do: https://docs.stripe.com/testing. Only these are accepted, and only their last four
digits are ever stored, so that nobody's real card can end up in a sandbox.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card as a charge shows it. `decline_code`: why it never pays, None when it does."""

    brand: str
    last4: str
    exp_month: int = 12
    exp_year: int = 2034
    country: str = "US"
    funding: str = "credit"
    decline_code: str | None = None
    at_once: bool = False
    disputed: str | None = None
    """For which reason its holder disputes each charge, `inquiry` behind it where the bank only asks."""
    warned: bool = False
    """Whether the network warns of fraud."""
    refund: str | None = None
    """How a refund goes on: `pending` succeeds later, `failing` fails after it had succeeded."""


@dataclass(frozen=True, kw_only=True)
class Decline:
    """An error's `code` and the sentence for the customer."""

    code: str
    message: str


DECLINES = {
    "generic_decline": Decline(code="card_declined", message="Your card was declined."),
    "insufficient_funds": Decline(code="card_declined", message="Your card has insufficient funds."),
    "lost_card": Decline(code="card_declined", message="Your card was declined."),
    "stolen_card": Decline(code="card_declined", message="Your card was declined."),
    "test_mode_live_card": Decline(
        code="card_declined",
        message="Your card was declined. Your request was in test mode, but used a non test (live) card.",
    ),
    "expired_card": Decline(code="expired_card", message="Your card has expired."),
    "incorrect_cvc": Decline(code="incorrect_cvc", message="Your card's security code is incorrect."),
    "processing_error": Decline(
        code="processing_error", message="An error occurred while processing your card. Try again in a little bit."
    ),
}

NUMBERS = {
    "4242424242424242": Card(brand="visa", last4="4242"),
    "4000056655665556": Card(brand="visa", last4="5556", funding="debit"),
    "5555555555554444": Card(brand="mastercard", last4="4444"),
    "5200828282828210": Card(brand="mastercard", last4="8210", funding="debit"),
    "378282246310005": Card(brand="amex", last4="0005"),
    "4000002760000016": Card(brand="visa", last4="0016", country="DE"),
    "4000003920000003": Card(brand="visa", last4="0003", country="JP"),
    "4000000000000077": Card(brand="visa", last4="0077", at_once=True),
    "4000000000000259": Card(brand="visa", last4="0259", disputed="fraudulent"),
    "4000000000002685": Card(brand="visa", last4="2685", disputed="product_not_received"),
    "4000000000001976": Card(brand="visa", last4="1976", disputed="general inquiry"),
    "4000000000005423": Card(brand="visa", last4="5423", warned=True),
    "4000000000007726": Card(brand="visa", last4="7726", refund="pending"),
    "4000000000005126": Card(brand="visa", last4="5126", refund="failing"),
    "4000000000000002": Card(brand="visa", last4="0002", decline_code="generic_decline"),
    "4000000000009995": Card(brand="visa", last4="9995", decline_code="insufficient_funds"),
    "4000000000009987": Card(brand="visa", last4="9987", decline_code="lost_card"),
    "4000000000009979": Card(brand="visa", last4="9979", decline_code="stolen_card"),
    "4000000000000069": Card(brand="visa", last4="0069", decline_code="expired_card"),
    "4000000000000127": Card(brand="visa", last4="0127", decline_code="incorrect_cvc"),
    "4000000000000119": Card(brand="visa", last4="0119", decline_code="processing_error"),
}

PAYMENT_METHODS = {
    "pm_card_createDispute": NUMBERS["4000000000000259"],
    "pm_card_createDisputeProductNotReceived": NUMBERS["4000000000002685"],
    "pm_card_createDisputeInquiry": NUMBERS["4000000000001976"],
    "pm_card_createIssuerFraudRecord": NUMBERS["4000000000005423"],
    "pm_card_pendingRefund": NUMBERS["4000000000007726"],
    "pm_card_refundFail": NUMBERS["4000000000005126"],
    "pm_card_visa": NUMBERS["4242424242424242"],
    "pm_card_visa_debit": NUMBERS["4000056655665556"],
    "pm_card_mastercard": NUMBERS["5555555555554444"],
    "pm_card_amex": NUMBERS["378282246310005"],
    "pm_card_bypassPending": NUMBERS["4000000000000077"],
    "pm_card_chargeDeclined": NUMBERS["4000000000000002"],
    "pm_card_visa_chargeDeclined": NUMBERS["4000000000000002"],
    "pm_card_chargeDeclinedInsufficientFunds": NUMBERS["4000000000009995"],
    "pm_card_visa_chargeDeclinedInsufficientFunds": NUMBERS["4000000000009995"],
    "pm_card_chargeDeclinedExpiredCard": NUMBERS["4000000000000069"],
    "pm_card_chargeDeclinedIncorrectCvc": NUMBERS["4000000000000127"],
    "pm_card_chargeDeclinedProcessingError": NUMBERS["4000000000000119"],
}

TOKENS = {
    "tok_createDispute": NUMBERS["4000000000000259"],
    "tok_createDisputeProductNotReceived": NUMBERS["4000000000002685"],
    "tok_createDisputeInquiry": NUMBERS["4000000000001976"],
    "tok_createIssuerFraudRecord": NUMBERS["4000000000005423"],
    "tok_pendingRefund": NUMBERS["4000000000007726"],
    "tok_refundFail": NUMBERS["4000000000005126"],
    "tok_visa": NUMBERS["4242424242424242"],
    "tok_visa_debit": NUMBERS["4000056655665556"],
    "tok_mastercard": NUMBERS["5555555555554444"],
    "tok_amex": NUMBERS["378282246310005"],
    "tok_bypassPending": NUMBERS["4000000000000077"],
    "tok_chargeDeclined": NUMBERS["4000000000000002"],
    "tok_chargeDeclinedInsufficientFunds": NUMBERS["4000000000009995"],
    "tok_chargeDeclinedExpiredCard": NUMBERS["4000000000000069"],
    "tok_chargeDeclinedIncorrectCvc": NUMBERS["4000000000000127"],
    "tok_chargeDeclinedProcessingError": NUMBERS["4000000000000119"],
}


def passes_luhn(number: str) -> bool:
    """Whether the last digit fits the others (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    total = sum(int(digit) for digit in number[-1::-2]) + sum(value - 9 if value > 9 else value for value in doubled)  # noqa: PLR2004 - the sum of two digits
    return total % 10 == 0
