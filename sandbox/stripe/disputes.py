"""Opens, fights and closes disputes, and moves the money: withdrawn when one opens, reinstated when it is won.

The life of a dispute: https://docs.stripe.com/disputes/how-disputes-work. In a test mode what the evidence says decides
(https://docs.stripe.com/testing#evidence): `winning_evidence`, `losing_evidence`, `escalate_inquiry_evidence`.
"""

from datetime import UTC, datetime, timedelta

from sandbox.stripe.balance import book
from sandbox.stripe.currencies import in_currency
from sandbox.stripe.errors import Json, StripeError, invalid
from sandbox.stripe.events import emit, emit_update
from sandbox.stripe.ids import new_id
from sandbox.stripe.store import equals
from sandbox.stripe.views import show
from sandbox.stripe.work import Work

OPEN_LATER, DUE, DECIDE = "open_dispute", "dispute_due", "decide_dispute"
REASONS = {
    "fraudulent": "10.4",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "duplicate": "12.6.1",
    "credit_not_processed": "13.6",
    "subscription_canceled": "13.2",
    "general": "13.9",
    "unrecognized": "10.4",
}
"""The reasons that can be opened here, with the network's code."""
FEE_CENTS = 1500
_ANSWER_WITHIN = timedelta(days=14)
_DECIDED_AFTER_S = 60 * 24 * 60 * 60
_INQUIRY_CLOSED_AFTER_S = 120 * 24 * 60 * 60
EVIDENCE_FIELDS = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def open_dispute(work: Work, charge: Json, reason: str, *, inquiry: bool = False) -> Json:
    """The cardholder's bank takes the money back, or, with an inquiry, only asks."""
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} is already disputed.", param="charge")
    amount = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["paid"] or amount <= 0:
        raise invalid(f"Charge {charge['id']} has nothing left that could be disputed.", param="charge")
    due = datetime.fromtimestamp(work.now, UTC) + _ANSWER_WITHIN
    due_by = int(due.replace(hour=23, minute=59, second=59, microsecond=0).timestamp())
    dispute: Json = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": work.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE_FIELDS) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": REASONS[reason],
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    work.add(dispute)
    work.put(charge | {"disputed": True})
    work.tx.set_timer(due_by, DUE, dispute["id"])
    emit(work, "charge.dispute.created", dispute)
    return dispute if inquiry else _withdraw(work, dispute)


def open_due(work: Work, subject: str) -> None:
    """Open what a test card disputes. `subject`: charge, reason, and `inquiry` or nothing."""
    charge_id, reason, *kind = subject.split(" ")
    charge = work.tx.get("charge", charge_id)
    if charge and not charge["disputed"] and charge["amount_refunded"] < charge["amount_captured"]:
        open_dispute(work, charge, reason, inquiry=kind == ["inquiry"])


def _withdraw(work: Work, dispute: Json) -> Json:
    fee = in_currency(FEE_CENTS, "usd", dispute["currency"])
    booked = book(
        work,
        "adjustment",
        dispute,
        -dispute["amount"],
        dispute["currency"],
        fees=(("Dispute fee", fee),),
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    after = work.put(dispute | {"balance_transactions": [*dispute["balance_transactions"], booked]})
    emit(work, "charge.dispute.funds_withdrawn", after)
    return after


def submit(work: Work, dispute: Json, evidence: Json, *, final: bool) -> Json:
    """Keep evidence; `final` sends it to the bank, once."""
    _must_wait_for_evidence(dispute)
    if evidence or final:
        details = dispute["evidence_details"]
        kept = dispute["evidence"] | evidence
        after = dispute | {
            "evidence": kept,
            "evidence_details": details
            | {
                "has_evidence": any(value for name, value in kept.items() if name != "enhanced_evidence"),
                "submission_count": details["submission_count"] + final,
            },
        }
        if final:
            inquiry = dispute["status"].startswith("warning")
            after["status"] = "warning_under_review" if inquiry else "under_review"
        work.put(after)
        emit_update(work, "charge.dispute.updated", dispute, after)
        dispute = after
    if final:
        _await_the_bank(work, dispute)
    return dispute


def _must_wait_for_evidence(dispute: Json) -> None:
    if dispute["status"] not in {"needs_response", "warning_needs_response"}:
        raise invalid(
            f"This dispute has a status of {dispute['status']}, so its evidence can no longer be changed.",
            code="dispute_evidence_already_submitted" if dispute["status"].endswith("under_review") else None,
        )


def _await_the_bank(work: Work, dispute: Json) -> None:
    inquiry = dispute["status"] == "warning_under_review"
    said = dispute["evidence"]["uncategorized_text"] or ""
    if any(word in said for word in ("winning_evidence", "losing_evidence", "escalate_inquiry_evidence")):
        work.tx.set_timer(work.now_exactly, DECIDE, dispute["id"])
    else:
        wait_s = _INQUIRY_CLOSED_AFTER_S if inquiry else _DECIDED_AFTER_S
        work.tx.set_timer(work.now_exactly + wait_s, DECIDE, dispute["id"])


def decide_due(work: Work, dispute_id: str) -> None:
    """The bank decides, by what the evidence says; evidence that says nothing loses."""
    dispute = work.must("dispute", dispute_id)
    if not dispute["status"].endswith("under_review"):
        return
    said = dispute["evidence"]["uncategorized_text"] or ""
    if dispute["status"] == "warning_under_review":
        if "escalate_inquiry_evidence" in said:
            escalate(work, dispute)
        else:
            end(work, dispute, "warning_closed")
    else:
        end(work, dispute, "won" if "winning_evidence" in said else "lost")


def fall_due(work: Work, dispute_id: str) -> None:
    """The time for evidence is over: a dispute without any is lost, an inquiry is closed."""
    dispute = work.must("dispute", dispute_id)
    if dispute["status"] not in {"needs_response", "warning_needs_response"}:
        return
    details = dispute["evidence_details"] | {"past_due": True}
    late = work.put(dispute | {"evidence_details": details})
    end(work, late, "warning_closed" if dispute["status"].startswith("warning") else "lost")


def escalate(work: Work, dispute: Json) -> Json:
    """An inquiry becomes a dispute after all, and the money leaves."""
    card = dispute["payment_method_details"]["card"] | {"case_type": "chargeback"}
    after = work.put(
        dispute
        | {
            "status": "needs_response",
            "is_charge_refundable": False,
            "payment_method_details": dispute["payment_method_details"] | {"card": card},
        }
    )
    emit_update(work, "charge.dispute.updated", dispute, after)
    work.tx.set_timer(work.now_exactly + _ANSWER_WITHIN.total_seconds(), DUE, dispute["id"])
    return _withdraw(work, after)


def end(work: Work, dispute: Json, status: str) -> Json:
    """Close it: `won` brings the money back, `lost` and `warning_closed` move none; the fee stays with Stripe."""
    after = work.put(dispute | {"status": status, "is_charge_refundable": status in {"won", "warning_closed"}})
    if status == "won":
        booked = book(
            work,
            "adjustment",
            dispute,
            dispute["amount"],
            dispute["currency"],
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        after = work.put(after | {"balance_transactions": [*after["balance_transactions"], booked]})
    emit(work, "charge.dispute.closed", after)
    if status == "won":
        emit(work, "charge.dispute.funds_reinstated", after)
    return after


def refuse_refund_of_disputed(work: Work, charge: Json) -> None:
    """A charge whose money the bank has taken back is not refunded beside that."""
    disputes = work.tx.select("dispute", [equals("charge", charge["id"])])
    if any(not dispute["is_charge_refundable"] for dispute in disputes):
        raise StripeError(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            charge=charge["id"],
        )


def warn_of_fraud(work: Work, charge: Json) -> Json:
    """The network warns before the cardholder disputes (https://docs.stripe.com/radar/early-fraud-warnings)."""
    warning: Json = {
        "id": new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": work.now,
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
    }
    if charge["payment_intent"]:
        warning["payment_intent"] = charge["payment_intent"]
    work.add(warning)
    emit(work, "radar.early_fraud_warning.created", warning)
    return warning


def still_actionable(work: Work, shown: Json) -> Json:
    """Nothing can be done any more once the charge was refunded in full or disputed."""
    charge = work.must("charge", shown["charge"])
    return shown | {"actionable": not (charge["refunded"] or charge["disputed"])}


def with_bookings(work: Work, shown: Json) -> Json:
    """Its balance transactions as they are today."""
    booked = [work.must("balance_transaction", one["id"]) for one in shown["balance_transactions"]]
    return shown | {"balance_transactions": [show(work, one) for one in booked]}
