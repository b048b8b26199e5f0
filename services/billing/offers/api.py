"""What can be bought, for programs."""

from typing import Any

from apiflask import APIBlueprint

from services.billing.catalog.catalog import Product
from services.billing.offers import schemas
from services.billing.offers.view import Promise, promise_of
from services.billing.web import context
from shared import clock
from shared.money import Money, format_money
from shared.web.access import public

offers_api = APIBlueprint("offers", __name__, tag="Offers")


def _offer(product: Product, promise: Promise | None) -> dict[str, Any]:
    return {
        "product": product.id,
        "name": product.name,
        "kind": product.kind.value,
        "credits": product.credits,
        "expires_after_days": product.expires_after_days,
        "prices": {
            currency: {"amount_minor": amount, "formatted": format_money(Money(amount, currency))}
            for currency, amount in product.prices.items()
        },
        "response_class": {
            "id": product.response_class,
            "name": promise.name if promise else None,
            "sentence": promise.sentence if promise else None,
            "target_minutes": promise.target_minutes if promise else None,
            "calendar": promise.calendar if promise else None,
        },
    }


@offers_api.get("/v1/offers")
@public
@offers_api.output(schemas.Offers)
def list_offers() -> dict[str, Any]:
    """What can be bought today, with its price in each currency and what its response class promises."""
    catalog, classes, now = context().catalog, context().entitlements.response_classes() or {}, clock.now()
    return {
        "items": [
            _offer(product, promise_of(classes.get(product.response_class), now=now)) for product in catalog.on_offer()
        ]
    }
