"""What is said of an order, in words: its states, and why a person must decide."""

from typing import assert_never

from services.billing.orders.order import OrderState, Parked, ParkedCode
from shared.money import Money, format_money


def state_words(state: OrderState) -> str:
    """Where a purchase stands, as people read it."""
    match state:
        case OrderState.DRAFT:
            return "being opened"
        case OrderState.OPEN:
            return "waits for payment"
        case OrderState.SETTLED:
            return "paid"
        case OrderState.ABANDONED:
            return "not paid"
        case _:
            assert_never(state)


def parked_sentence(parked: Parked, locale: str = "en_US") -> str:
    """Why a person must decide, with the amounts as the reader writes them."""
    told = parked.parameters
    match parked.code:
        case ParkedCode.WRONG_PAYMENT:
            ordered = format_money(Money(told["ordered_minor"], told["ordered_currency"]), locale)
            if told["paid_minor"] is None:
                return f"The order says {ordered} and the checkout does not say what was paid."
            paid = format_money(Money(told["paid_minor"], told["paid_currency"]), locale)
            return f"The order says {ordered} and {paid} was paid."
        case _:
            assert_never(parked.code)
