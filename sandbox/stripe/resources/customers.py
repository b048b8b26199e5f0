"""Customers: create, retrieve, update, list by e-mail address (exact, and case matters, as with Stripe)."""

from collections.abc import Mapping

from sandbox.stripe.checks import EXPAND, PAGE, choice, email, list_of, metadata, shape, text, time_range
from sandbox.stripe.errors import Json
from sandbox.stripe.events import emit, emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.ids import new_id
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.search import searching
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work

ADDRESS_FIELDS = ("city", "country", "line1", "line2", "postal_code", "state")
_FIELDS = {
    "address": shape(dict.fromkeys(ADDRESS_FIELDS, text(unsettable=True))),
    "description": text(unsettable=True),
    "email": email,
    "metadata": metadata,
    "name": text(longest=256, unsettable=True),
    "phone": text(longest=20, unsettable=True),
    "preferred_locales": list_of(text()),
    "tax_exempt": choice("none", "exempt", "reverse"),
}


def address(given: Mapping[str, str | None] | None) -> Json | None:
    """An address with all of Stripe's fields, or None."""
    return {name: given.get(name) for name in ADDRESS_FIELDS} if given else None


def new_customer(work: Work, params: Json) -> Json:
    """Store a customer and record `customer.created`."""
    customer: Json = {
        "id": new_id("cus"),
        "object": "customer",
        "address": address(params.get("address")),
        "balance": 0,
        "created": work.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description"),
        "discount": None,
        "email": params.get("email"),
        "invoice_prefix": new_id("inv")[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged_metadata(None, params),
        "name": params.get("name"),
        "next_invoice_sequence": 1,
        "phone": params.get("phone"),
        "preferred_locales": params.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": params.get("tax_exempt", "none"),
        "test_clock": None,
    }
    work.add(customer)
    emit(work, "customer.created", customer)
    return customer


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return show(work, new_customer(work, params), params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("customer", path["customer"])
    after = before | {name: params[name] for name in _FIELDS if name in params}
    after["metadata"] = merged_metadata(before["metadata"], params)
    if "address" in params:
        after["address"] = address(params["address"])
    work.put(after)
    emit_update(work, "customer.updated", before, after)
    return show(work, after, params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return list_page(work, "customer", "/v1/customers", params, filters(params, "email"))


_OPERATIONS = (
    Operation(method="POST", path="/v1/customers", params={**EXPAND, **_FIELDS}, handle=_create),
    Operation(
        method="GET",
        path="/v1/customers",
        params={**PAGE, "created": time_range, "email": text(longest=512)},
        handle=_list,
    ),
    searching("/v1/customers/search", "customer", ("created", "email", "name", "phone")),
    retrieval("/v1/customers/{customer}", "customer"),
    Operation(method="POST", path="/v1/customers/{customer}", params={**EXPAND, **_FIELDS}, handle=_update),
)

register(Resource(kind="customer", operations=_OPERATIONS))
