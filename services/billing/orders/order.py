"""An order, its states, and the payments that came in for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.money import Money


class OrderState(StrEnum):
    """Where a purchase stands."""

    DRAFT = "draft"
    """Committed before Stripe was asked for a checkout: whether a session exists is unknown."""
    OPEN = "open"
    """A checkout session exists and waits for the customer."""
    SETTLED = "settled"
    """Paid, in the books, and told to entitlements."""
    ABANDONED = "abandoned"
    """The checkout expired or was refused. Money that comes in later settles it all the same."""


class ParkedCode(StrEnum):
    """Why a person must decide about an order."""

    WRONG_PAYMENT = "wrong_payment"
    """Paid, and not what was ordered: another amount or another currency."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parked:
    """Why a person must decide, with what its sentence tells; it is worded when it is shown."""

    code: ParkedCode
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One purchase. `ticket_id` is None where it was not bought for a ticket, checkout_* until a session is known.

    `version` counts the changes of the row: whoever has asked Stripe compares it before writing what it learned.
    """

    order_id: str
    account_id: str
    contact_email: str
    ticket_id: str | None
    product: str
    credits: int
    response_class: str
    price: Money
    lookup_key: str
    state: OrderState
    expires_after_days: int
    created_at: datetime
    checkout_expires_at: datetime
    version: int = 1
    price_id: str | None = None
    checkout_tries: int = 0
    """How many keys Stripe has used up by saving a failure under them: the next request takes the key after those."""
    checkout_session_id: str | None = None
    checkout_url: str | None = None
    paid_at: datetime | None = None
    settled_at: datetime | None = None
    abandoned_at: datetime | None = None
    parked: Parked | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderPayment:
    """Money that came in for an order; an order may have several."""

    charge_id: str
    amount: Money
    paid_at: datetime


def wrong_payment(price: Money, paid: Money | None) -> Parked:
    """A checkout was paid with something else than the order's price; what exactly, Stripe may not have said."""
    return Parked(
        code=ParkedCode.WRONG_PAYMENT,
        parameters={
            "ordered_minor": price.amount_minor,
            "ordered_currency": price.currency,
            "paid_minor": paid.amount_minor if paid else None,
            "paid_currency": paid.currency if paid else None,
        },
    )
