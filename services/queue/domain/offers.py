"""What can be bought for a ticket, as billing offers it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One product with its prices; `prices` maps a lower-case ISO currency to (amount in minor units, as written)."""

    product: str
    name: str
    credits: int
    prices: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, kw_only=True)
class Order:
    """A purchase at billing for one ticket; `checkout_url` is where to pay, None once there is nothing to pay."""

    order_id: str
    state: str
    checkout_url: str | None


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The incidents that an address has left."""

    available: int
    held: int


def one_ticket(offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers that answer one problem now: those that give credits (a subscription is bought elsewhere)."""
    return tuple(offer for offer in offers if offer.credits > 0)
