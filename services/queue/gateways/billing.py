"""Billing, asked over HTTP: what is on offer (remembered for a moment), and the order of a ticket."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import clock
from shared.http import PeerRefused, PeerUnavailable, ServiceClient

REMEMBERED = timedelta(seconds=60)
_OFFERS_DEADLINE_S = 1.0
_PURCHASE_DEADLINE_S = 0.5
_RECEIPT_DEADLINE_S = 3.0


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One product with its prices; `prices` maps a lower-case ISO currency to (amount in minor units, as written).

    `response_class` is the id of the class that it buys.
    """

    product: str
    name: str
    credits: int
    response_class: str
    prices: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, kw_only=True)
class Order:
    """A purchase at billing for one ticket; `checkout_url` is where to pay, None once there is nothing to pay."""

    order_id: str
    checkout_url: str | None


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What an order bought; `paid_at` is None until it is paid."""

    order_id: str
    credits: int
    amount_minor: int
    currency: str
    paid_at: datetime | None


class BillingGateway:
    """Where incidents are bought."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._offers: tuple[datetime, tuple[Offer, ...]] | None = None

    def offers(self) -> tuple[Offer, ...]:
        """What is on offer, at most a minute old: a price that changed meanwhile is shown on the payment page too.

        Raises PeerUnavailable.
        """
        with self._lock:
            remembered = self._offers
        if remembered is not None and clock.now() - remembered[0] < REMEMBERED:
            return remembered[1]
        try:
            offers = self._ask()
        except PeerRefused as error:
            raise PeerUnavailable("billing", f"refused to show its offers: {error.message}") from error
        with self._lock:
            self._offers = (clock.now(), offers)
        return offers

    def _ask(self) -> tuple[Offer, ...]:
        answer = self._client.get("/v1/offers", deadline_s=_OFFERS_DEADLINE_S)
        try:
            return tuple(
                Offer(
                    product=str(item["product"]),
                    name=str(item["name"]),
                    credits=int(item["credits"] or 0),
                    response_class=str(item["response_class"]["id"]),
                    prices={
                        str(currency): (int(price["amount_minor"]), str(price["formatted"]))
                        for currency, price in item["prices"].items()
                    },
                )
                for item in answer["items"]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PeerUnavailable("billing", "nonsense") from error

    def order(self, ticket_id: str, contact_email: str, product: str, currency: str, deadline_s: float) -> Order:
        """The order for a ticket, the same one however often it is asked. Raises PeerUnavailable or PeerRefused."""
        asked = {"ticket_id": ticket_id, "contact_email": contact_email, "product": product, "currency": currency}
        answer = self._client.post("/v1/orders", asked, deadline_s)
        try:
            return Order(order_id=str(answer["order_id"]), checkout_url=answer["checkout_url"])
        except KeyError as error:
            raise PeerUnavailable("billing", "nonsense") from error

    def purchase(self, order_id: str) -> Purchase:
        """What that order bought. Raises PeerUnavailable or PeerRefused."""
        answer = self._client.get(f"/v1/orders/{order_id}", deadline_s=_PURCHASE_DEADLINE_S)
        try:
            return Purchase(
                order_id=str(answer["order_id"]),
                credits=int(answer["credits"]),
                amount_minor=int(answer["amount_minor"]),
                currency=str(answer["currency"]),
                paid_at=datetime.fromisoformat(answer["paid_at"]) if answer["paid_at"] else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise PeerUnavailable("billing", "nonsense") from error

    def receipt_url(self, order_id: str) -> str | None:
        """Where Stripe shows the receipt of that order, if it does. Raises PeerUnavailable or PeerRefused."""
        answer = self._client.get(f"/v1/orders/{order_id}/receipt", deadline_s=_RECEIPT_DEADLINE_S)
        url = answer.get("receipt_url")
        return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
