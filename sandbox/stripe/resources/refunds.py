"""Refunds: whole or in part, never more than what is left of the charge."""

from collections.abc import Mapping

from flask import Blueprint, Response

from sandbox.stripe.checks import EXPAND, PAGE, choice, integer, metadata, text, time_range
from sandbox.stripe.control_area import done, world
from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.events import emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.machine import machine
from sandbox.stripe.refunding import GO_ON, cancel, fail, go_on, refund_charge
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work


def _refunded_charge(work: Work, params: Json) -> Json:
    if "charge" in params:
        charge = work.must("charge", params["charge"], param="charge")
        if params.get("payment_intent", charge["payment_intent"]) != charge["payment_intent"]:
            raise invalid("The charge does not belong to the payment intent.", param="payment_intent")
    elif "payment_intent" in params:
        intent = work.must("payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = work.must("charge", intent["latest_charge"], param="payment_intent")
    else:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.", param="charge"
        )
    if not charge["paid"]:
        raise invalid(f"Charge {charge['id']} has not been paid, and cannot be refunded.", param="charge")
    return charge


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    asked = {**params, "metadata": merged_metadata(None, params)}
    return show(work, refund_charge(work, _refunded_charge(work, params), asked), params.get("expand"))


def _cancel(work: Work, path: Mapping[str, str], params: Json) -> Json:
    return show(work, cancel(work, work.must("refund", path["refund"])), params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("refund", path["refund"])
    after = work.put(before | {"metadata": merged_metadata(before["metadata"], params)})
    emit_update(work, "refund.updated", before, after)
    return show(work, after, params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return list_page(work, "refund", "/v1/refunds", params, filters(params, "charge", "payment_intent"))


_OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/refunds",
        params={
            **EXPAND,
            "amount": integer(least=1),
            "charge": text(),
            "metadata": metadata,
            "payment_intent": text(),
            "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
        },
        handle=_create,
    ),
    Operation(
        method="GET",
        path="/v1/refunds",
        params={**PAGE, "charge": text(), "created": time_range, "payment_intent": text()},
        handle=_list,
    ),
    retrieval("/v1/refunds/{refund}", "refund"),
    Operation(method="POST", path="/v1/refunds/{refund}/cancel", params=EXPAND, handle=_cancel),
    Operation(method="POST", path="/v1/refunds/{refund}", params={**EXPAND, "metadata": metadata}, handle=_update),
)

_pages = Blueprint("refunds", __name__)


@_pages.post("/_sandbox/refunds/<refund_id>/fail")
def fail_one(refund_id: str) -> Response:
    """The customer's bank sends a refund back."""
    with world().working() as work:
        failed = show(work, fail(work, work.must("refund", refund_id), "unknown"))
    return done(failed)


register(
    Resource(
        kind="refund",
        operations=_OPERATIONS,
        # https://docs.stripe.com/refunds#failed-refunds: a refund that had succeeded can still fail
        machine=machine(
            "succeeded pending requires_action",
            pending="succeeded requires_action failed canceled",
            requires_action="pending succeeded failed canceled",
            succeeded="failed",
        ),
        timers={GO_ON: go_on},
        pages=_pages,
    )
)
