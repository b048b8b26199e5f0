"""An order and its states."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from shared.money import Money


class OrderState(Enum):
    """Where a purchase stands."""

    DRAFT = "draft"
    """Committed before Stripe was asked for a checkout: whether a session exists is unknown."""
    OPEN = "open"
    """A checkout session exists and waits for the customer."""
    SETTLED = "settled"
    """Paid, in the books, and told to entitlements."""
    ABANDONED = "abandoned"
    """The checkout expired or was refused. Money that comes in later settles it all the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One purchase. `ticket_id` is None where it was not bought for a ticket, checkout_* until a session is known."""

    order_id: str
    account_id: str
    contact_email: str
    ticket_id: str | None
    product: str
    credits: int
    price: Money
    lookup_key: str
    state: OrderState
    expires_after_days: int
    created_at: datetime
    checkout_expires_at: datetime
    price_id: str | None = None
    checkout_session_id: str | None = None
    checkout_url: str | None = None
    charge_id: str | None = None
    paid_at: datetime | None = None
    settled_at: datetime | None = None
    abandoned_at: datetime | None = None
    parked_reason: str | None = None
