"""Charges: retrieve, list, update, and create directly with a test token (as somebody behind our back would)."""

from collections.abc import Mapping

from sandbox.stripe.cards import TOKENS
from sandbox.stripe.checks import EXPAND, PAGE, Check, Need, currency, email, integer, metadata, text, time_range
from sandbox.stripe.errors import Json, no_such
from sandbox.stripe.events import emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.machine import machine
from sandbox.stripe.payments import LATER, billing_details, book_late, card_error, new_charge
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.search import searching
from sandbox.stripe.store import equals
from sandbox.stripe.views import page, show
from sandbox.stripe.work import Operation, Work

_SEARCHED = (
    "amount",
    "billing_details.address.postal_code",
    "created",
    "currency",
    "customer",
    "disputed",
    "payment_method_details.card.brand",
    "payment_method_details.card.exp_month",
    "payment_method_details.card.exp_year",
    "payment_method_details.card.fingerprint",
    "payment_method_details.card.last4",
    "refunded",
    "status",
)
_UPDATE: dict[str, Check | Need] = {
    "description": text(longest=40000, unsettable=True),
    "metadata": metadata,
    "receipt_email": email,
}


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    if "customer" in params:
        work.must("customer", params["customer"], param="customer")
    card = TOKENS.get(params["source"])
    if card is None:
        raise no_such("token", params["source"], param="source", status=400)
    asked = {**params, "billing_details": billing_details(), "metadata": merged_metadata(None, params)}
    charge = new_charge(work, card, asked)
    if not charge["paid"]:
        raise card_error(work, card, charge)
    return show(work, charge, params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("charge", path["charge"])
    after = before | {name: params[name] for name in _UPDATE if name in params}
    after["metadata"] = merged_metadata(before["metadata"], params)
    work.put(after)
    emit_update(work, "charge.updated", before, after)
    return show(work, after, params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return list_page(work, "charge", "/v1/charges", params, filters(params, "customer", "payment_intent"))


_OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/charges",
        params={
            **EXPAND,
            **_UPDATE,
            "amount": Need(integer(least=1)),
            "currency": Need(currency),
            "customer": text(),
            "source": Need(text()),
        },
        handle=_create,
    ),
    Operation(
        method="GET",
        path="/v1/charges",
        params={**PAGE, "created": time_range, "customer": text(), "payment_intent": text()},
        handle=_list,
    ),
    searching("/v1/charges/search", "charge", _SEARCHED),
    retrieval("/v1/charges/{charge}", "charge"),
    Operation(method="POST", path="/v1/charges/{charge}", params={**EXPAND, **_UPDATE}, handle=_update),
)


def _receipt(work: Work, shown: Json) -> Json:
    return shown | {"receipt_url": f"{work.public_url}/receipts/{shown['id']}" if shown["paid"] else None}


def _refunds(work: Work, charge: Json) -> Json:
    refunds = work.tx.select("refund", [equals("charge", charge["id"])])
    return page(f"/v1/charges/{charge['id']}/refunds", [show(work, refund) for refund in refunds[:10]])


register(
    Resource(
        kind="charge",
        operations=_OPERATIONS,
        machine=machine("succeeded pending failed", pending="succeeded failed"),
        computed=_receipt,
        on_demand={"refunds": _refunds},
        timers={LATER: book_late},
    )
)
