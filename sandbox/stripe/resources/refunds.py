"""Refunds: whole or in part, never more than what is left of the charge."""

from collections.abc import Mapping

from sandbox.stripe.balance import book_refund
from sandbox.stripe.checks import EXPAND, PAGE, choice, integer, metadata, text, time_range
from sandbox.stripe.currencies import spoken
from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.events import emit, emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.ids import new_id
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.machine import machine
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
    charge = _refunded_charge(work, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not left:
        raise invalid(
            f"Charge {charge['id']} has already been refunded.", param="charge", code="charge_already_refunded"
        )
    amount = params.get("amount", left)
    if amount > left:
        asked, rest = spoken(amount, charge["currency"]), spoken(left, charge["currency"])
        raise invalid(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})", param="amount")
    refund: Json = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": work.now,
        "currency": charge["currency"],
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": merged_metadata(None, params),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    charge_booking = work.tx.get("balance_transaction", charge["balance_transaction"] or "")
    booking = book_refund(work, refund, charge_booking["available_on"] if charge_booking else work.now)
    work.add(refund | {"balance_transaction": booking["id"]})
    refund["balance_transaction"] = booking["id"]
    after = work.put(charge | {"amount_refunded": charge["amount_refunded"] + amount, "refunded": amount == left})
    emit(work, "refund.created", refund)
    changed = {name: charge[name] for name in ("amount_refunded", "refunded") if charge[name] != after[name]}
    emit(work, "charge.refunded", after, previous=changed)
    return show(work, refund, params.get("expand"))


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
    Operation(method="POST", path="/v1/refunds/{refund}", params={**EXPAND, "metadata": metadata}, handle=_update),
)

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
    )
)
