"""What is said of an order, in words: its states, and why a person must decide."""

from typing import assert_never

from services.billing.orders.order import OrderState, Parked, ParkedCode
from shared import formats
from shared.language import gettext as _
from shared.language import pgettext


def state_words(state: OrderState) -> str:
    """Where a purchase stands, as people read it."""
    match state:
        case OrderState.DRAFT:
            return pgettext("order", "being opened")
        case OrderState.OPEN:
            return pgettext("order", "waits for payment")
        case OrderState.SETTLED:
            return pgettext("order", "paid")
        case OrderState.ABANDONED:
            return pgettext("order", "not paid")
        case _:
            assert_never(state)


def parked_sentence(parked: Parked) -> str:
    """Why a person must decide, with the amounts as the reader writes them."""
    told = parked.parameters
    match parked.code:
        case ParkedCode.WRONG_PAYMENT:
            ordered = formats.money(told["ordered_minor"], told["ordered_currency"])
            if told["paid_minor"] is None:
                return _("The order says %(ordered)s and the checkout does not say what was paid.", ordered=ordered)
            paid = formats.money(told["paid_minor"], told["paid_currency"])
            return _("The order says %(ordered)s and %(paid)s was paid.", ordered=ordered, paid=paid)
        case _:
            assert_never(parked.code)
