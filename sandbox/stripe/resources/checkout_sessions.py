"""Checkout sessions in payment mode: create, retrieve, update, list, line items, expire."""

from collections.abc import Mapping

from sandbox.stripe import checkout
from sandbox.stripe.checks import (
    EXPAND,
    PAGE,
    Check,
    Need,
    choice,
    currency,
    email,
    integer,
    list_of,
    metadata,
    only_off,
    shape,
    text,
    time_range,
    url,
)
from sandbox.stripe.errors import Json, invalid, no_such
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.line_items import LINE_ITEM, new_line_items
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.machine import machine
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.views import page, show
from sandbox.stripe.work import Operation, Work

_SHORTEST_S = 30 * 60
_LONGEST_S = 24 * 60 * 60

_CREATE: dict[str, Check | Need] = {
    **EXPAND,
    "allow_promotion_codes": only_off,
    "automatic_tax": shape({"enabled": Need(only_off)}),
    "billing_address_collection": choice("auto", elsewhere=("required",)),
    "cancel_url": url,
    "client_reference_id": text(longest=200),
    "currency": currency,
    "custom_text": shape({"submit": shape({"message": Need(text(longest=1200))})}),
    "customer": text(),
    "customer_creation": choice("always", "if_required"),
    "customer_email": email,
    "expires_at": integer(),
    "invoice_creation": shape({"enabled": Need(only_off)}),
    "line_items": Need(list_of(shape(LINE_ITEM))),
    "locale": text(),
    "metadata": metadata,
    "mode": Need(choice("payment", elsewhere=("setup", "subscription"))),
    "payment_intent_data": shape(
        {
            "capture_method": choice("automatic", "automatic_async", elsewhere=("manual",)),
            "description": text(longest=1000),
            "metadata": metadata,
            "receipt_email": email,
        }
    ),
    "payment_method_types": list_of(choice("card")),
    "phone_number_collection": shape({"enabled": Need(only_off)}),
    "submit_type": choice("auto", "pay", elsewhere=("book", "donate", "subscribe")),
    "success_url": Need(url),
    "ui_mode": choice("hosted_page", elsewhere=("elements", "embedded_page")),
}


def _expiry(work: Work, params: Json) -> int:
    expires_at = int(params.get("expires_at", work.now + _LONGEST_S))
    if expires_at < work.now + _SHORTEST_S:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if expires_at > work.now + _LONGEST_S:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )
    return expires_at


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    if "customer" in params:
        for rival in ("customer_email", "customer_creation"):
            if rival in params:
                raise invalid(f"You may only specify one of these parameters: customer, {rival}.", param=rival)
        work.must("customer", params["customer"], param="customer")
    expires_at = _expiry(work, params)
    items, code = new_line_items(work, params["line_items"], params.get("currency"))
    asked = {**params, "currency": code, "expires_at": expires_at, "metadata": merged_metadata(None, params)}
    session = checkout.new_session(work, asked, items)
    return show(work, session, params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("checkout.session", path["session"])
    after = work.put(before | {"metadata": merged_metadata(before["metadata"], params)})
    return show(work, after, params.get("expand"))


def _expire(work: Work, path: Mapping[str, str], params: Json) -> Json:
    session = work.must("checkout.session", path["session"])
    if session["status"] != "open":
        raise invalid(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}.",
        )
    return show(work, checkout.expire(work, session), params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    conditions = filters(params, "customer", "payment_intent", "status")
    if address := params.get("customer_details", {}).get("email"):
        conditions.append(("json_extract(body, '$.customer_details.email') = ?", (address,)))
    return list_page(work, "checkout.session", "/v1/checkout/sessions", params, conditions)


def _list_items(work: Work, path: Mapping[str, str], params: Json) -> Json:
    session = work.must("checkout.session", path["session"])
    items = session["_line_items"]
    ids = [item["id"] for item in items]
    start, end = 0, len(items)
    for param in ("starting_after", "ending_before"):
        if param in params:
            if params[param] not in ids:
                raise no_such("item", params[param], param=param, status=400)
            place = ids.index(params[param])
            start, end = (place + 1, end) if param == "starting_after" else (start, place)
    limit = params.get("limit", 10)
    window = items[start:end]
    shown = window[-limit:] if "ending_before" in params else window[:limit]
    reply = page(
        f"/v1/checkout/sessions/{session['id']}/line_items",
        [show(work, item) for item in shown],
        has_more=len(window) > limit,
    )
    return show(work, reply, params.get("expand"))


_ONE = "/v1/checkout/sessions/{session}"

_OPERATIONS = (
    Operation(method="POST", path="/v1/checkout/sessions", params=_CREATE, handle=_create),
    Operation(
        method="GET",
        path="/v1/checkout/sessions",
        params={
            **PAGE,
            "created": time_range,
            "customer": text(),
            "customer_details": shape({"email": Need(email)}),
            "payment_intent": text(),
            "status": choice("complete", "expired", "open"),
        },
        handle=_list,
    ),
    retrieval(_ONE, "checkout.session"),
    Operation(method="POST", path=_ONE, params={**EXPAND, "metadata": metadata}, handle=_update),
    Operation(method="POST", path=f"{_ONE}/expire", params=EXPAND, handle=_expire),
    Operation(method="GET", path=f"{_ONE}/line_items", params=PAGE, handle=_list_items),
)


def _address(work: Work, shown: Json) -> Json:
    is_open = shown["status"] == "open"
    return shown | {"url": f"{work.public_url}/c/pay/{shown['id']}" if is_open else None}


def _items(work: Work, session: Json) -> Json:
    items = [show(work, item) for item in session["_line_items"]]
    return page(f"/v1/checkout/sessions/{session['id']}/line_items", items)


register(
    Resource(
        kind="checkout.session",
        operations=_OPERATIONS,
        machine=machine("open", open="complete expired"),
        computed=_address,
        on_demand={"line_items": _items},
        timers={checkout.EXPIRE: checkout.expire_due},
    )
)
