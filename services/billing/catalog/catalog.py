"""What is sold and for how much: the catalog file, read into frozen objects or refused with the entry named."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from shared.money import Money


class ProductKind(Enum):
    """What a purchase gives."""

    INCIDENTS = "incidents"
    """So many incident credits, until they expire."""
    SUBSCRIPTION = "subscription"
    """Coverage for a period that renews itself."""


class CatalogError(ValueError):
    """The catalog file is wrong; the sentence names the entry and the cure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """One thing that can be bought, with its price in each currency.

    `response_class` names the class of entitlements' policy that it buys. `credits` and `expires_after_days` belong to
    incidents, `interval` (month, year) to a subscription; else None.
    """

    id: str
    kind: ProductKind
    name: str
    for_sale: bool
    response_class: str
    prices: Mapping[str, int]
    credits: int | None = None
    expires_after_days: int | None = None
    interval: str | None = None

    def price(self, currency: str) -> Money:
        """What it costs in that currency, which the catalog has."""
        return Money(self.prices[currency], currency)

    def lookup_key(self, currency: str) -> str:
        """The name under which Stripe finds this price."""
        return f"{self.id}_{currency}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """All products in the file's order; the first currency is the one offered by default."""

    currencies: tuple[str, ...]
    products: tuple[Product, ...]

    def find(self, product_id: str) -> Product | None:
        """The product of that id, for sale or not."""
        return next((product for product in self.products if product.id == product_id), None)

    def on_offer(self) -> tuple[Product, ...]:
        """What can be bought today."""
        return tuple(product for product in self.products if product.for_sale)


_FIELDS: dict[ProductKind, dict[str, type]] = {
    ProductKind.INCIDENTS: {"credits": int, "expires_after_days": int},
    ProductKind.SUBSCRIPTION: {"interval": str},
}
_COMMON: dict[str, type] = {
    "id": str,
    "kind": str,
    "name": str,
    "for_sale": bool,
    "response_class": str,
    "prices": dict,
}
_INTERVALS = ("month", "year")


def _typed(entry: Mapping[str, Any], fields: Mapping[str, type], where: str) -> dict[str, Any]:
    for name, kind in fields.items():
        if name not in entry:
            raise CatalogError(f"{where}: {name} is missing")
        # bool is an int to Python; a `credits = true` is a slip all the same.
        if not isinstance(entry[name], kind) or (kind is int and isinstance(entry[name], bool)):
            raise CatalogError(f"{where}: {name} must be of type {kind.__name__}, not {entry[name]!r}")
    unknown = sorted(set(entry) - set(fields))
    if unknown:
        raise CatalogError(f"{where}: {unknown[0]} is not a field here; known are {', '.join(fields)}")
    return dict(entry)


def _positive(value: int, name: str, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise CatalogError(f"{where}: {name} must be a whole number above zero, not {value!r}")
    return value


def _prices(prices: Mapping[str, int], currencies: tuple[str, ...], where: str) -> dict[str, int]:
    if set(prices) != set(currencies):
        odd = min(set(prices) ^ set(currencies))
        raise CatalogError(f"{where}: prices must name each of {', '.join(currencies)} and nothing else (see {odd})")
    return {currency: _positive(prices[currency], f"prices.{currency}", where) for currency in currencies}


def _product(entry: Mapping[str, Any], position: int, currencies: tuple[str, ...]) -> Product:
    where = f"product {entry.get('id', f'number {position}')!s}"
    try:
        kind = ProductKind(entry.get("kind"))
    except ValueError:
        known = ", ".join(known.value for known in ProductKind)
        raise CatalogError(f"{where}: kind must be one of {known}, not {entry.get('kind')!r}") from None
    values = _typed(entry, _COMMON | _FIELDS[kind], where)
    for name in ("credits", "expires_after_days"):
        if name in values:
            _positive(values[name], name, where)
    if kind is ProductKind.SUBSCRIPTION and values["interval"] not in _INTERVALS:
        raise CatalogError(f"{where}: interval must be one of {', '.join(_INTERVALS)}, not {values['interval']!r}")
    return Product(**values | {"kind": kind, "prices": _prices(values["prices"], currencies, where)})


def parse_catalog(document: Mapping[str, Any]) -> Catalog:
    """The catalog out of the parsed TOML document; CatalogError names the entry that is wrong."""
    head = _typed(document, {"currencies": list, "products": list}, "catalog")
    currencies = tuple(head["currencies"])
    for currency in currencies:
        if not isinstance(currency, str) or len(currency) != len("usd") or currency != currency.lower():
            raise CatalogError(
                f"catalog: currencies holds {currency!r}; write three lower-case letters, as Stripe does"
            )
    if not currencies or len(set(currencies)) != len(currencies):
        raise CatalogError("catalog: currencies must name at least one currency, each once")
    products = tuple(_product(entry, position, currencies) for position, entry in enumerate(head["products"], 1))
    seen: set[str] = set()
    for product in products:
        if product.id in seen:
            raise CatalogError(f"product {product.id}: the id stands twice")
        seen.add(product.id)
    if not any(product.for_sale for product in products):
        raise CatalogError("catalog: products has nothing that is for sale")
    return Catalog(currencies=currencies, products=products)
