"""Push the catalog to Stripe: products under our ids, prices under their lookup keys. Pushed twice, changed once."""

from services.billing.catalog.catalog import Product
from services.billing.context import Context
from services.billing.gateways.stripe.gateway import StripeGateway
from services.billing.gateways.stripe.prices import PriceRequest
from shared.telemetry import get_logger

log = get_logger()


def push_catalog(context: Context) -> list[str]:
    """Make Stripe's prices equal to the catalog's; returns the lookup keys of the prices that were made."""
    stripe, catalog = context.stripe, context.catalog
    made = []
    for product in catalog.products:
        stripe.prices.put_product(product.id, product.name)
        made += [
            product.lookup_key(currency) for currency in catalog.currencies if _push_price(stripe, product, currency)
        ]
    log.info("catalog pushed", products=len(catalog.products), new_prices=made)
    return made


def _push_price(stripe: StripeGateway, product: Product, currency: str) -> bool:
    """A price at Stripe never changes: another figure is a new price that takes the lookup key over."""
    there = stripe.prices.find(product.lookup_key(currency))
    if there is not None and (there.amount, there.interval) == (product.price(currency), product.interval):
        return False
    stripe.prices.create(
        PriceRequest(
            product_id=product.id,
            lookup_key=product.lookup_key(currency),
            amount=product.price(currency),
            interval=product.interval,
            replaces=there.price_id if there else None,
        )
    )
    return True
