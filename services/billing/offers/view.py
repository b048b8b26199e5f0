"""What the offer page shows: the packs, their prices, and the currency in which the reader thinks."""

from collections.abc import Sequence

from services.billing.catalog.catalog import Catalog, Product, ProductKind
from shared.web import formats

_BY_TERRITORY = {"GB": "gbp", "JP": "jpy", "US": "usd"}
_EURO = frozenset(
    (
        *("AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK"),
    )
)
_LANGUAGES_READ = 5


def chosen_currency(catalog: Catalog, *, asked: str, languages: Sequence[str]) -> str:
    """The currency asked for, else the one of the browser's language, else the catalog's first."""
    if asked.lower() in catalog.currencies:
        return asked.lower()
    for language in languages[:_LANGUAGES_READ]:
        territory = language.replace("_", "-").rpartition("-")[2].upper()
        guess = "eur" if territory in _EURO else _BY_TERRITORY.get(territory)
        if guess in catalog.currencies:
            return str(guess)
    return catalog.currencies[0]


def packs(catalog: Catalog) -> list[Product]:
    """The packs of incidents on offer, the smallest first."""
    found = [product for product in catalog.on_offer() if product.kind is ProductKind.INCIDENTS]
    return sorted(found, key=lambda product: product.credits or 0)


def choices(offered: Sequence[Product], currency: str) -> list[dict[str, str]]:
    """The packs as radio cards, each with what one incident of it costs."""
    cards = []
    for pack in offered:
        count, price = pack.credits or 1, pack.prices[currency]
        each = formats.money(round(price / count), currency)
        cards.append(
            {
                "value": pack.id,
                "title": formats.plural(count, "incident"),
                "price": formats.money(price, currency),
                "help": "" if count == 1 else f"{each} each, for when you need them",
            }
        )
    return cards
