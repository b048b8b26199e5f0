"""Payment intents: create, confirm with a test card, retrieve, update, cancel, list."""

from collections.abc import Mapping

from sandbox.stripe.cards import PAYMENT_METHODS
from sandbox.stripe.checks import (
    EXPAND,
    PAGE,
    Check,
    Need,
    boolean,
    choice,
    currency,
    email,
    integer,
    list_of,
    metadata,
    shape,
    text,
    time_range,
    url,
)
from sandbox.stripe.errors import Json, StripeError, invalid, no_such
from sandbox.stripe.events import emit
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.intents import new_intent, pay
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.machine import machine
from sandbox.stripe.payments import billing_details, check_amount
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.search import searching
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work

_CONFIRM: dict[str, Check | Need] = {
    "off_session": boolean,
    "payment_method": text(),
    "receipt_email": email,
    "return_url": url,
}
_UPDATE: dict[str, Check | Need] = {
    "amount": integer(least=1),
    "customer": text(),
    "description": text(longest=1000, unsettable=True),
    "metadata": metadata,
    "receipt_email": email,
}
_CREATE: dict[str, Check | Need] = {
    **EXPAND,
    **_CONFIRM,
    **_UPDATE,
    "amount": Need(integer(least=1)),
    "automatic_payment_methods": shape(
        {"allow_redirects": choice("always", "never"), "enabled": Need(boolean)},
    ),
    "capture_method": choice("automatic", "automatic_async", elsewhere=("manual",)),
    "confirm": boolean,
    "currency": Need(currency),
    "payment_method_types": list_of(choice("card")),
}
_OPEN = ("requires_payment_method", "requires_confirmation")


def _unexpected_state(intent: Json, verb: str) -> StripeError:
    return StripeError(
        400,
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent={name: value for name, value in intent.items() if not name.startswith("_")},
    )


def _confirmed(work: Work, intent: Json, params: Json) -> Json:
    name = params.get("payment_method")
    if intent["status"] not in _OPEN:
        raise _unexpected_state(intent, "confirm")
    if name is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    card = PAYMENT_METHODS.get(name)
    if card is None:
        raise no_such("PaymentMethod", name, param="payment_method", status=400)
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and "return_url" not in params:
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some "
            "of these payment methods might redirect your customer off of your page, you must provide a "
            "`return_url`. If you don't want to accept redirect-based payment methods, set "
            "`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to "
            "`never` when creating Setup Intents and Payment Intents.",
            param="return_url",
        )
    if "receipt_email" in params:
        intent = work.put(intent | {"receipt_email": params["receipt_email"]})
    after, problem = pay(work, intent, card, billing_details())
    if problem:
        raise problem
    return after


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    if "customer" in params:
        work.must("customer", params["customer"], param="customer")
    automatic = params.get("automatic_payment_methods")
    if automatic and "payment_method_types" in params and automatic["enabled"]:
        raise invalid(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
            param="automatic_payment_methods",
        )
    if "payment_method_types" in params or (automatic and not automatic["enabled"]):
        methods = None
    else:
        methods = {"allow_redirects": "always", "enabled": True, **(automatic or {})}
    asked = {**params, "automatic_payment_methods": methods, "metadata": merged_metadata(None, params)}
    intent = new_intent(work, asked)
    if params.get("confirm"):
        intent = _confirmed(work, intent, params)
    elif "payment_method" in params:
        raise invalid(
            "Stripe's stand-in takes a payment_method only together with confirm=true, or when confirming.",
            param="payment_method",
        )
    return show(work, intent, params.get("expand"))


def _confirm(work: Work, path: Mapping[str, str], params: Json) -> Json:
    intent = work.must("payment_intent", path["intent"])
    return show(work, _confirmed(work, intent, params), params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("payment_intent", path["intent"])
    if "customer" in params:
        work.must("customer", params["customer"], param="customer")
    if "amount" in params:
        if before["status"] not in _OPEN:
            raise _unexpected_state(before, "update the amount of")
        check_amount(params["amount"], before["currency"])
    after = before | {name: params[name] for name in _UPDATE if name in params}
    after["metadata"] = merged_metadata(before["metadata"], params)
    return show(work, work.put(after), params.get("expand"))


def _cancel(work: Work, path: Mapping[str, str], params: Json) -> Json:
    intent = work.must("payment_intent", path["intent"])
    if intent["status"] not in _OPEN:
        raise _unexpected_state(intent, "cancel")
    after = work.put(
        intent
        | {"canceled_at": work.now, "cancellation_reason": params.get("cancellation_reason"), "status": "canceled"}
    )
    emit(work, "payment_intent.canceled", after)
    return show(work, after, params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return list_page(work, "payment_intent", "/v1/payment_intents", params, filters(params, "customer"))


_REASONS = choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")

_OPERATIONS = (
    Operation(method="POST", path="/v1/payment_intents", params=_CREATE, handle=_create),
    Operation(
        method="GET",
        path="/v1/payment_intents",
        params={**PAGE, "created": time_range, "customer": text()},
        handle=_list,
    ),
    searching("/v1/payment_intents/search", "payment_intent", ("amount", "created", "currency", "customer", "status")),
    retrieval("/v1/payment_intents/{intent}", "payment_intent"),
    Operation(method="POST", path="/v1/payment_intents/{intent}", params={**EXPAND, **_UPDATE}, handle=_update),
    Operation(
        method="POST", path="/v1/payment_intents/{intent}/confirm", params={**EXPAND, **_CONFIRM}, handle=_confirm
    ),
    Operation(
        method="POST",
        path="/v1/payment_intents/{intent}/cancel",
        params={**EXPAND, "cancellation_reason": _REASONS},
        handle=_cancel,
    ),
)

register(
    Resource(
        kind="payment_intent",
        operations=_OPERATIONS,
        # https://docs.stripe.com/payments/paymentintents/lifecycle
        machine=machine(
            "requires_payment_method requires_confirmation",
            requires_payment_method="requires_confirmation requires_action processing succeeded canceled",
            requires_confirmation="requires_payment_method requires_action processing succeeded canceled",
            requires_action="requires_payment_method processing succeeded canceled",
            processing="requires_payment_method succeeded canceled",
        ),
    )
)
