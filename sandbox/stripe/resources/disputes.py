"""Disputes: list, retrieve, give evidence, accept. A bank opens and decides them: cards, timers, the control page."""

from collections.abc import Mapping

from flask import Blueprint, Response, request

from sandbox.stripe import disputes
from sandbox.stripe.checks import EXPAND, PAGE, boolean, metadata, shape, text, time_range
from sandbox.stripe.control_area import done, world
from sandbox.stripe.errors import Json, StripeError, invalid
from sandbox.stripe.events import emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.machine import machine
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work

_LONGEST_EVIDENCE = 20_000


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return list_page(work, "dispute", "/v1/disputes", params, filters(params, "charge", "payment_intent"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    dispute = work.must("dispute", path["dispute"])
    if "metadata" in params:
        after = work.put(dispute | {"metadata": merged_metadata(dispute["metadata"], params)})
        emit_update(work, "charge.dispute.updated", dispute, after)
        dispute = after
    if "evidence" in params or "submit" in params:
        # Without `submit` Stripe sends what it was given: https://docs.stripe.com/api/disputes/update
        dispute = disputes.submit(work, dispute, params.get("evidence", {}), final=params.get("submit", True))
    return show(work, dispute, params.get("expand"))


def _close(work: Work, path: Mapping[str, str], params: Json) -> Json:
    dispute = work.must("dispute", path["dispute"])
    if dispute["status"] != "needs_response":
        raise invalid(f"This dispute cannot be closed: it has a status of {dispute['status']}.")
    return show(work, disputes.end(work, dispute, "lost"), params.get("expand"))


_OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/disputes",
        params={**PAGE, "charge": text(), "created": time_range, "payment_intent": text()},
        handle=_list,
    ),
    retrieval("/v1/disputes/{dispute}", "dispute"),
    Operation(
        method="POST",
        path="/v1/disputes/{dispute}",
        params={
            **EXPAND,
            "evidence": shape(
                dict.fromkeys(disputes.EVIDENCE_FIELDS, text(longest=_LONGEST_EVIDENCE, unsettable=True))
            ),
            "metadata": metadata,
            "submit": boolean,
        },
        handle=_update,
    ),
    Operation(method="POST", path="/v1/disputes/{dispute}/close", params=EXPAND, handle=_close),
)

_pages = Blueprint("disputes", __name__)


@_pages.post("/_sandbox/charges/<charge_id>/dispute")
def open_one(charge_id: str) -> Response:
    """The bank disputes a charge: `reason`, and `inquiry` where it only asks."""
    reason = request.values.get("reason", "fraudulent")
    if reason not in disputes.REASONS:
        raise StripeError(400, f"reason is one of: {', '.join(disputes.REASONS)}")
    with world().working() as work:
        charge = work.must("charge", charge_id)
        inquiry = request.values.get("inquiry") in {"1", "true", "on"}
        opened = show(work, disputes.open_dispute(work, charge, reason, inquiry=inquiry))
    return done(opened)


@_pages.post("/_sandbox/disputes/<dispute_id>/<verdict>")
def decide(dispute_id: str, verdict: str) -> Response:
    """The bank decides: `won`, `lost`, `warning_closed`, `escalate`."""
    with world().working() as work:
        dispute = work.must("dispute", dispute_id)
        if verdict == "escalate" and dispute["status"].startswith("warning_"):
            decided = disputes.escalate(work, dispute)
        elif verdict in _VERDICTS and dispute["status"] in _VERDICTS[verdict]:
            decided = disputes.end(work, dispute, verdict)
        else:
            raise StripeError(400, f"A dispute that is {dispute['status']} does not become {verdict}.")
        shown = show(work, decided)
    return done(shown)


_VERDICTS = {
    "won": ("needs_response", "under_review"),
    "lost": ("needs_response", "under_review"),
    "warning_closed": ("warning_needs_response", "warning_under_review"),
}

register(
    Resource(
        kind="dispute",
        operations=_OPERATIONS,
        # https://docs.stripe.com/api/disputes/object#dispute_object-status
        machine=machine(
            "needs_response warning_needs_response",
            warning_needs_response="warning_under_review warning_closed needs_response",
            warning_under_review="warning_closed needs_response",
            needs_response="under_review won lost",
            under_review="won lost",
        ),
        computed=disputes.with_bookings,
        timers={
            disputes.OPEN_LATER: disputes.open_due,
            disputes.DUE: disputes.fall_due,
            disputes.DECIDE: disputes.decide_due,
        },
        pages=_pages,
    )
)
