"""What can be bought, for programs."""

from typing import Any

from apiflask import APIBlueprint

from services.billing.catalog.catalog import Product
from services.billing.offers import schemas
from services.billing.web import context
from shared.money import Money, format_money
from shared.web.access import public

offers_api = APIBlueprint("offers", __name__, tag="Offers")


def _offer(product: Product) -> dict[str, Any]:
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
    }


@offers_api.get("/v1/offers")
@public
@offers_api.output(schemas.Offers)
def list_offers() -> dict[str, Any]:
    """What can be bought today, with its price in each currency."""
    catalog = context().catalog
    return {
        "items": [_offer(product) for product in catalog.on_offer()],
        "answer_within_minutes": catalog.answer_within_minutes,
    }
