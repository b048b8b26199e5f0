"""Products and prices: pushed under our own ids and lookup keys."""

from dataclasses import dataclass
from typing import Any

import stripe

from services.billing.gateways.stripe.client import translated
from services.billing.gateways.stripe.fields import Json
from shared.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class StripePrice:
    """A price as Stripe has it. `interval` is None for what is paid once; nobody can pay one that is not `active`."""

    price_id: str
    lookup_key: str
    amount: Money
    interval: str | None
    active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceRequest:
    """A price to be made, and the id of the price from which it takes the lookup key over (None: there is none)."""

    product_id: str
    lookup_key: str
    amount: Money
    interval: str | None
    replaces: str | None


def price_of(price: Json) -> StripePrice:
    """A price."""
    return StripePrice(
        price_id=price["id"],
        lookup_key=price["lookup_key"] or "",
        amount=Money(price["unit_amount"], price["currency"]),
        interval=(price.get("recurring") or {}).get("interval"),
        active=price["active"],
    )


class Prices:
    """Stripe's products and prices."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def find(self, lookup_key: str) -> StripePrice | None:
        """The active price of that lookup key."""
        with translated(changes=False):
            found = self._client.v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1})
        return price_of(found.data[0].to_dict()) if found.data else None

    def find_any(self, lookup_key: str) -> StripePrice | None:
        """The price of that lookup key, also an archived one."""
        with translated(changes=False):
            found = self._client.v1.prices.list({"lookup_keys": [lookup_key], "limit": 10})
        prices = [price_of(price.to_dict()) for price in found.data]
        return next((price for price in prices if price.active), prices[0] if prices else None)

    def activate(self, price_id: str) -> None:
        """Let an archived price be paid again."""
        with translated(changes=True):
            self._client.v1.prices.update(price_id, {"active": True})

    def put_product(self, product_id: str, name: str) -> None:
        """Make the product under our own id, or give it that name; an archived one is for sale again."""
        with translated(changes=True):
            try:
                product = self._client.v1.products.retrieve(product_id)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                self._client.v1.products.create(
                    {"id": product_id, "name": name}, {"idempotency_key": f"product:{product_id}:{name}"}
                )
                return
            if product.name != name or not product.active:
                self._client.v1.products.update(product_id, {"name": name, "active": True})

    def create(self, request: PriceRequest) -> StripePrice:
        """Make the price and move its lookup key over from the price that it replaces.

        The key names the price that is replaced: going back to an old figure is a new price, not the old reply.
        """
        amount = request.amount
        params: Any = {
            "product": request.product_id,
            "unit_amount": amount.amount_minor,
            "currency": amount.currency,
            "lookup_key": request.lookup_key,
            "transfer_lookup_key": True,
        }
        if request.interval:
            params["recurring"] = {"interval": request.interval}
        key = f"price:{request.lookup_key}:{amount.amount_minor}:{request.interval}:after:{request.replaces}"
        with translated(changes=True):
            return price_of(self._client.v1.prices.create(params, {"idempotency_key": key}).to_dict())
