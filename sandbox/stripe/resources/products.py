"""Products: what is sold. Create (with an id of one's own, if wished), retrieve, update, list."""

from collections.abc import Mapping

from sandbox.stripe.checks import EXPAND, PAGE, Need, boolean, list_of, metadata, text, time_range, url
from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.events import emit, emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.ids import new_id
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.search import searching
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work

_FIELDS = {
    "active": boolean,
    "description": text(longest=40000, unsettable=True),
    "images": list_of(url, longest=8),
    "metadata": metadata,
    "name": text(),
    "shippable": boolean,
    "statement_descriptor": text(longest=22),
    "tax_code": text(unsettable=True),
    "unit_label": text(longest=12, unsettable=True),
    "url": url,
}


def new_product(work: Work, params: Json) -> Json:
    """Store a product and record `product.created`; an id that is taken is refused."""
    product_id = params.get("id") or new_id("prod")
    if work.tx.get("product", product_id):
        raise invalid(f"Product already exists: {product_id}", param="id", code="resource_already_exists")
    product: Json = {
        "id": product_id,
        "object": "product",
        "active": params.get("active", True),
        "created": work.now,
        "default_price": None,
        "description": params.get("description"),
        "images": params.get("images", []),
        "livemode": False,
        "marketing_features": [],
        "metadata": merged_metadata(None, params),
        "name": params["name"],
        "package_dimensions": None,
        "shippable": params.get("shippable"),
        "statement_descriptor": params.get("statement_descriptor"),
        "tax_code": params.get("tax_code"),
        "unit_label": params.get("unit_label"),
        "updated": work.now,
        "url": params.get("url"),
    }
    work.add(product)
    emit(work, "product.created", product)
    return product


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return show(work, new_product(work, params), params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("product", path["id"])
    after = before | {name: params[name] for name in _FIELDS if name in params}
    after["metadata"] = merged_metadata(before["metadata"], params)
    if after != before:
        after["updated"] = work.now
    work.put(after)
    emit_update(work, "product.updated", before, after)
    return show(work, after, params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    conditions = filters(params, "active", "shippable", "url")
    if ids := params.get("ids"):
        conditions.append((f"id IN ({', '.join('?' * len(ids))})", ids))
    return list_page(work, "product", "/v1/products", params, conditions)


_OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/products",
        params={**EXPAND, **_FIELDS, "id": text(), "name": Need(text())},
        handle=_create,
    ),
    Operation(
        method="GET",
        path="/v1/products",
        params={
            **PAGE,
            "active": boolean,
            "created": time_range,
            "ids": list_of(text()),
            "shippable": boolean,
            "url": text(),
        },
        handle=_list,
    ),
    searching("/v1/products/search", "product", ("active", "created", "description", "name")),
    retrieval("/v1/products/{id}", "product"),
    Operation(method="POST", path="/v1/products/{id}", params={**EXPAND, **_FIELDS}, handle=_update),
)

register(Resource(kind="product", operations=_OPERATIONS))
