"""What billing needs from outside, and the frozen context that carries it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.billing.config import Settings
from services.billing.domain.catalog import Catalog, Product
from shared.db import Database
from shared.http import ServiceClient
from shared.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class StripePrice:
    """A price as Stripe has it."""

    price_id: str
    lookup_key: str
    amount: Money
    interval: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceTransaction:
    """What a charge did to Stripe's balance. `gross` - `fee` is what we get, in the currency of the payout."""

    balance_transaction_id: str
    source_id: str | None
    type: str
    gross: Money
    fee_minor: int
    created_at: datetime
    available_on: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Money that Stripe took. `balance_transaction` is None until Stripe has named it; `order_id` is our metadata."""

    charge_id: str
    payment_intent_id: str | None
    order_id: str | None
    amount: Money
    refunded_minor: int
    paid: bool
    created_at: datetime
    balance_transaction: BalanceTransaction | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutSession:
    """A checkout as Stripe has it. `url` is None when it cannot be paid any more; `charge` None until it is paid."""

    session_id: str
    url: str | None
    order_id: str | None
    total: Money | None
    paid: bool
    expired: bool
    expires_at: datetime
    charge: Charge | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StripeEvent:
    """An event out of Stripe's list: its id, type and bytes, and the id of the object it tells of."""

    event_id: str
    type: str
    created_at: datetime
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutRequest:
    """All that decides a checkout session. Committed with the order, so that a retry sends the very same."""

    order_id: str
    price_id: str
    contact_email: str
    expires_at: datetime
    success_url: str
    cancel_url: str


class StripeGateway(Protocol):
    """Stripe, as far as billing uses it.

    Refusals: StripeRefused (nothing was done and never will be), StripeUnavailable (nothing was done, try later),
    StripeOutcomeUnknown (a change may have happened; repeat it with the same ids).
    """

    def find_price(self, lookup_key: str) -> StripePrice | None:
        """The active price of that lookup key."""

    def put_product(self, product_id: str, name: str) -> None:
        """Make the product under our own id, or give it that name."""

    def create_price(self, product: Product, currency: str, *, replaces: str | None) -> StripePrice:
        """Make the price and move its lookup key over from the price that it replaces."""

    def create_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a checkout for the order; the same request again returns the same session."""

    def read_checkout(self, session_id: str) -> CheckoutSession:
        """The session as it is now, with its charge and balance transaction."""

    def read_charge(self, charge_id: str) -> Charge:
        """The charge as it is now, with its balance transaction."""

    def list_charges(self, begins_at: datetime, ends_at: datetime) -> Iterator[Charge]:
        """All charges made in [begins_at, ends_at), with their balance transactions."""

    def list_events(self, since: datetime, types: Sequence[str]) -> Iterator[StripeEvent]:
        """All events of these types made at or after `since`, newest first."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What one process of billing works with, wired in app.py."""

    settings: Settings
    db: Database
    catalog: Catalog
    stripe: StripeGateway
    peers: dict[str, ServiceClient]
