"""Push the catalog to Stripe: products under our ids, prices under their lookup keys. Pushed twice, changed once."""

from services.billing.catalog.catalog import Product
from services.billing.context import Context
from services.billing.gateways.stripe.gateway import StripeGateway
from services.billing.gateways.stripe.prices import PriceRequest
from services.billing.offers.errors import CatalogNotPushed
from shared.telemetry import get_logger

log = get_logger()

_ANSWERS = 5
"""A price that was archived so often within a day under one figure is somebody's doing, not ours to mend."""


def push_catalog(context: Context) -> list[str]:
    """Make Stripe's prices equal to the catalog's; returns the lookup keys of the prices that were made or revived."""
    stripe, catalog = context.stripe, context.catalog
    made = []
    for product in catalog.products:
        stripe.prices.put_product(product.id, product.name)
        made += [
            product.lookup_key(currency) for currency in catalog.currencies if _push_price(stripe, product, currency)
        ]
    log.info("catalog pushed", products=len(catalog.products), prices=made)
    return made


def _push_price(stripe: StripeGateway, product: Product, currency: str) -> bool:
    """A price at Stripe never changes: another figure is a new price that takes the lookup key over."""
    wanted, key = product.price(currency), product.lookup_key(currency)
    there = stripe.prices.find_any(key)
    if there is not None and (there.amount, there.interval) == (wanted, product.interval):
        if not there.active:
            stripe.prices.activate(there.price_id)
        return not there.active
    replaces = there.price_id if there else None
    for _ in range(_ANSWERS):
        made = stripe.prices.create(
            PriceRequest(
                product_id=product.id,
                lookup_key=key,
                amount=wanted,
                interval=product.interval,
                replaces=replaces,
            )
        )
        # Stripe repeats its answer under an idempotency key for a day, whatever became of that price meanwhile.
        if (now := stripe.prices.find(key)) is not None and now.price_id == made.price_id:
            return True
        replaces = made.price_id
    raise CatalogNotPushed(key)
