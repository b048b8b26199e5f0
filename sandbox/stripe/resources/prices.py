"""Prices: one-time and recurring, several currencies, found again by lookup key."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.stripe.checks import (
    EXPAND,
    PAGE,
    Check,
    Need,
    boolean,
    choice,
    currency,
    integer,
    keyed,
    list_of,
    metadata,
    shape,
    text,
    time_range,
)
from sandbox.stripe.currencies import CURRENCIES, LARGEST_AMOUNT
from sandbox.stripe.errors import Json, invalid, missing
from sandbox.stripe.events import emit, emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.ids import new_id
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.resources.products import new_product
from sandbox.stripe.search import searching
from sandbox.stripe.store import equals
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work

TAX_BEHAVIOR = choice("exclusive", "inclusive", "unspecified")
UNIT_AMOUNT = integer(least=0, most=LARGEST_AMOUNT)


def unit_amount_decimal(value: Any, param: str) -> int:
    """A unit amount written as a decimal; fractions of a minor unit are not implemented."""
    return int(UNIT_AMOUNT(value.removesuffix(".0") if isinstance(value, str) else value, param))


PRODUCT_DATA: dict[str, Check | Need] = {
    "active": boolean,
    "id": text(),
    "metadata": metadata,
    "name": Need(text()),
    "statement_descriptor": text(longest=22),
    "tax_code": text(),
    "unit_label": text(longest=12),
}
_UPDATABLE: dict[str, Check | Need] = {
    "active": boolean,
    "lookup_key": text(longest=200, unsettable=True),
    "metadata": metadata,
    "nickname": text(unsettable=True),
    "tax_behavior": TAX_BEHAVIOR,
    "transfer_lookup_key": boolean,
}
_CREATE: dict[str, Check | Need] = {
    **EXPAND,
    **_UPDATABLE,
    "billing_scheme": choice("per_unit", elsewhere=("tiered",)),
    "currency": Need(currency),
    "currency_options": keyed(currency, {"tax_behavior": TAX_BEHAVIOR, "unit_amount": Need(UNIT_AMOUNT)}),
    "product": text(),
    "product_data": shape(PRODUCT_DATA),
    "recurring": shape(
        {
            "interval": Need(choice("day", "week", "month", "year")),
            "interval_count": integer(least=1, most=1095),
            "usage_type": choice("licensed", elsewhere=("metered",)),
        }
    ),
    "unit_amount": UNIT_AMOUNT,
    "unit_amount_decimal": unit_amount_decimal,
}


def _option(amount: int, tax_behavior: str) -> Json:
    return {
        "custom_unit_amount": None,
        "tax_behavior": tax_behavior,
        "unit_amount": amount,
        "unit_amount_decimal": str(Decimal(amount)),
    }


def _claim_lookup_key(work: Work, key: str, *, transfer: bool, owner: str | None = None) -> None:
    holders = [price for price in work.tx.select("price", [equals("lookup_key", key)]) if price["id"] != owner]
    if holders and not transfer:
        raise invalid(
            f"A price (`{holders[0]['id']}`) already uses that lookup key.",
            param="lookup_key",
            code="resource_already_exists",
        )
    for holder in holders:
        after = work.put(holder | {"lookup_key": None})
        emit_update(work, "price.updated", holder, after)


def check_step(amount: int, code: str, *, param: str) -> None:
    """Refuse an amount that the currency cannot express."""
    step = CURRENCIES[code].step
    if amount % step:
        raise invalid(f"Invalid amount: amounts in {code} must be a multiple of {step}.", param=param)


def new_price(work: Work, params: Json) -> Json:
    """Store a price (and its product, where `product_data` describes a new one) and record `price.created`."""
    amount = params.get("unit_amount", params.get("unit_amount_decimal"))
    if amount is None:
        raise missing("unit_amount")
    if ("product" in params) == ("product_data" in params):
        raise invalid("You must specify exactly one of `product` or `product_data`.", param="product")
    check_step(amount, params["currency"], param="unit_amount")
    if "product" in params:
        product_id = work.must("product", params["product"], param="product")["id"]
    else:
        product_id = new_product(work, params["product_data"])["id"]
    key = params.get("lookup_key")
    if key:
        _claim_lookup_key(work, key, transfer=params.get("transfer_lookup_key", False))
    tax_behavior = params.get("tax_behavior", "unspecified")
    options = {params["currency"]: _option(amount, tax_behavior)}
    for code, option in params.get("currency_options", {}).items():
        check_step(option["unit_amount"], code, param=f"currency_options[{code}][unit_amount]")
        options[code] = _option(option["unit_amount"], option.get("tax_behavior", "unspecified"))
    recurring = params.get("recurring")
    price: Json = {
        "id": new_id("price"),
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": work.now,
        "currency": params["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": key,
        "metadata": merged_metadata(None, params),
        "nickname": params.get("nickname"),
        "product": product_id,
        "recurring": recurring and {"interval_count": 1, "meter": None, "usage_type": "licensed", **recurring},
        "tax_behavior": tax_behavior,
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(Decimal(amount)),
        "_currency_options": options,
    }
    work.add(price)
    emit(work, "price.created", price)
    return price


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return show(work, new_price(work, params), params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("price", path["price"])
    key = params.get("lookup_key")
    if key:
        _claim_lookup_key(work, key, transfer=params.get("transfer_lookup_key", False), owner=before["id"])
    named = ("active", "lookup_key", "nickname", "tax_behavior")
    after = before | {name: params[name] for name in named if name in params}
    after["metadata"] = merged_metadata(before["metadata"], params)
    work.put(after)
    emit_update(work, "price.updated", before, after)
    return show(work, after, params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    conditions = filters(params, "active", "currency", "product", "type")
    if keys := params.get("lookup_keys"):
        conditions.append((f"json_extract(body, '$.lookup_key') IN ({', '.join('?' * len(keys))})", keys))
    return list_page(work, "price", "/v1/prices", params, conditions)


_OPERATIONS = (
    Operation(method="POST", path="/v1/prices", params=_CREATE, handle=_create),
    Operation(
        method="GET",
        path="/v1/prices",
        params={
            **PAGE,
            "active": boolean,
            "created": time_range,
            "currency": currency,
            "lookup_keys": list_of(text(), longest=10),
            "product": text(),
            "type": choice("one_time", "recurring"),
        },
        handle=_list,
    ),
    searching("/v1/prices/search", "price", ("active", "created", "currency", "lookup_key", "product", "type")),
    retrieval("/v1/prices/{price}", "price"),
    Operation(method="POST", path="/v1/prices/{price}", params={**EXPAND, **_UPDATABLE}, handle=_update),
)


def _currency_options(_work: Work, price: Json) -> Json:
    options: Json = price["_currency_options"]
    return options


register(Resource(kind="price", operations=_OPERATIONS, on_demand={"currency_options": _currency_options}))
