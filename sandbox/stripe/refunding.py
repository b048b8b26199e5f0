"""Refunds a charge, and what becomes of a refund: pending, succeeded, failed after all, canceled.

https://docs.stripe.com/refunds. The fee of the charge does not come back. A refund that fails brings the money back to
the balance (`refund_failure`) and opens the charge again.
"""

from sandbox.stripe.balance import book, book_refund
from sandbox.stripe.currencies import spoken
from sandbox.stripe.disputes import refuse_refund_of_disputed
from sandbox.stripe.errors import Json, StripeError, invalid
from sandbox.stripe.events import emit, emit_update, former_values
from sandbox.stripe.ids import new_id
from sandbox.stripe.work import Work

GO_ON = "refund_goes_on"
_LATER_S = 2 * 24 * 60 * 60


def refund_charge(work: Work, charge: Json, asked: Json) -> Json:
    """Give money back. `asked` may have amount, metadata, reason. Never more than is left of the charge."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not left:
        raise invalid(
            f"Charge {charge['id']} has already been refunded.", param="charge", code="charge_already_refunded"
        )
    refuse_refund_of_disputed(work, charge)
    amount = asked.get("amount", left)
    if amount > left:
        wanted, rest = spoken(amount, charge["currency"]), spoken(left, charge["currency"])
        raise invalid(f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({rest})", param="amount")
    pending = charge.get("_refund") == "pending"
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
        "metadata": asked.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "reason": asked.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if pending else "succeeded",
        "transfer_reversal": None,
    }
    if pending:
        refund["pending_reason"] = "processing"
    booked = work.tx.get("balance_transaction", charge["balance_transaction"] or "")
    ready = booked["available_on"] if booked else work.now
    refund["balance_transaction"] = book_refund(work, refund, ready)["id"]
    work.add(refund)
    after = work.put(charge | {"amount_refunded": charge["amount_refunded"] + amount, "refunded": amount == left})
    emit(work, "refund.created", refund)
    emit(work, "charge.refunded", after, previous=former_values(charge, after))
    if charge.get("_refund"):
        work.tx.set_timer(work.now_exactly + _LATER_S, GO_ON, refund["id"])
    return refund


def go_on(work: Work, refund_id: str) -> None:
    """Two days later a pending refund of a test card succeeds, and a failing one fails."""
    refund = work.must("refund", refund_id)
    if refund["status"] == "pending":
        after = {name: value for name, value in refund.items() if name != "pending_reason"} | {"status": "succeeded"}
        _told(work, refund, work.put(after))
    elif refund["status"] == "succeeded":
        fail(work, refund, "expired_or_canceled_card")


def fail(work: Work, refund: Json, reason: str) -> Json:
    """The customer's bank sends the money back (https://docs.stripe.com/refunds#failed-refunds)."""
    if refund["status"] not in {"pending", "succeeded", "requires_action"}:
        raise StripeError(400, f"A refund that is {refund['status']} does not fail.")
    return _undo(work, refund, "failed", failure_reason=reason)


def cancel(work: Work, refund: Json) -> Json:
    """Take a refund back before it was sent; only one that waits for the customer can be (https://docs.stripe.com/api/refunds/cancel)."""
    if refund["status"] != "requires_action":
        raise invalid(
            f"Refund {refund['id']} cannot be canceled: it has a status of {refund['status']}.",
            code="refund_not_cancelable",
        )
    return _undo(work, refund, "canceled")


def _undo(work: Work, refund: Json, status: str, **more: str) -> Json:
    described = "REFUND FAILURE" if status == "failed" else "REFUND CANCELED"
    back = book(work, "refund_failure", refund, refund["amount"], refund["currency"], description=described)
    after = {name: value for name, value in refund.items() if name != "pending_reason"}
    after |= {"status": status, "failure_balance_transaction": back["id"], **more}
    work.put(after)
    charge = work.must("charge", refund["charge"])
    work.put(charge | {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False})
    _told(work, refund, after)
    if status == "failed":
        emit(work, "refund.failed", after)
    return after


def _told(work: Work, before: Json, after: Json) -> None:
    emit_update(work, "refund.updated", before, after)
    emit_update(work, "charge.refund.updated", before, after)
