"""Billing, asked over HTTP: what is on offer (remembered for a moment), and the order of a ticket."""

import threading
from datetime import datetime, timedelta

from services.queue.domain.offers import Offer, Order
from shared import clock
from shared.http import PeerRefused, PeerUnavailable, ServiceClient

REMEMBERED = timedelta(seconds=60)
_OFFERS_DEADLINE_S = 1.0


class BillingGateway:
    """Satisfies ports.Billing."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._offers: tuple[datetime, tuple[Offer, ...]] | None = None

    def offers(self) -> tuple[Offer, ...]:
        """See ports.Billing. At most a minute old: a price that changed meanwhile is shown on the payment page too."""
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
        """See ports.Billing."""
        asked = {"ticket_id": ticket_id, "contact_email": contact_email, "product": product, "currency": currency}
        answer = self._client.post("/v1/orders", asked, deadline_s)
        try:
            return Order(
                order_id=str(answer["order_id"]), state=str(answer["state"]), checkout_url=answer["checkout_url"]
            )
        except KeyError as error:
            raise PeerUnavailable("billing", "nonsense") from error
