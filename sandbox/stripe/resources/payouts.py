"""Payouts: create, retrieve, update, list, cancel; at the control area the account's schedule and a bank that fails."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from flask import Blueprint, Response, request

from sandbox.stripe import bank, payouts
from sandbox.stripe.checks import EXPAND, PAGE, Need, choice, currency, integer, metadata, text, time_range
from sandbox.stripe.control_area import done, world
from sandbox.stripe.errors import Json, StripeError
from sandbox.stripe.events import emit_update
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.listing import created_within, filters, list_page
from sandbox.stripe.machine import machine
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work

# https://docs.stripe.com/api/payouts/failures
_FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "could_not_process": "The bank could not process this payout.",
    "insufficient_funds": "Your Stripe account has insufficient funds to cover the payout.",
    "invalid_account_number": "The routing number seems correct, but the account number is invalid.",
    "no_account": "The bank account details are probably incorrect: no bank account could be located with them.",
}


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    asked = {**params, "metadata": merged_metadata(None, params)}
    return show(work, payouts.pay_out(work, params["amount"], params["currency"], asked=asked), params.get("expand"))


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("payout", path["payout"])
    after = work.put(before | {"metadata": merged_metadata(before["metadata"], params)})
    emit_update(work, "payout.updated", before, after)
    return show(work, after, params.get("expand"))


def _cancel(work: Work, path: Mapping[str, str], params: Json) -> Json:
    return show(work, payouts.cancel(work, work.must("payout", path["payout"])), params.get("expand"))


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    arrives = [
        (clause.replace("created", "json_extract(body, '$.arrival_date')"), values)
        for clause, values in created_within(params.get("arrival_date"))
    ]
    conditions = filters(params, "destination", "status") + arrives
    return list_page(work, "payout", "/v1/payouts", params, conditions)


_OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/payouts",
        params={
            **EXPAND,
            "amount": Need(integer(least=1)),
            "currency": Need(currency),
            "description": text(unsettable=True),
            "metadata": metadata,
            "method": choice("standard", "instant"),
            "source_type": choice("card", elsewhere=("bank_account", "fpx")),
            "statement_descriptor": text(longest=22),
        },
        handle=_create,
    ),
    Operation(
        method="GET",
        path="/v1/payouts",
        params={
            **PAGE,
            "arrival_date": time_range,
            "created": time_range,
            "destination": text(),
            "status": choice("canceled", "failed", "in_transit", "paid", "pending"),
        },
        handle=_list,
    ),
    retrieval("/v1/payouts/{payout}", "payout"),
    Operation(method="POST", path="/v1/payouts/{payout}", params={**EXPAND, "metadata": metadata}, handle=_update),
    Operation(method="POST", path="/v1/payouts/{payout}/cancel", params=EXPAND, handle=_cancel),
)

_pages = Blueprint("payouts", __name__)


@_pages.post("/_sandbox/payouts/schedule")
def schedule() -> Response:
    """When the balance is paid out by itself: `interval` manual, daily, weekly (`weekday`), monthly (`monthday`)."""
    asked = request.get_json() if request.is_json else request.form
    try:
        monthday = int(asked.get("monthday") or 1)
    except (TypeError, ValueError):
        raise StripeError(400, "monthday is a whole number.") from None
    with world().working() as work:
        weekday = str(asked.get("weekday") or "monday")
        account = payouts.set_schedule(work, str(asked.get("interval")), weekday=weekday, monthday=monthday)
    return done(account["settings"]["payouts"]["schedule"])


@_pages.post("/_sandbox/payouts/<payout_id>/fail")
def fail_one(payout_id: str) -> Response:
    """The bank sends a payout back; `code` says why."""
    asked = request.get_json() if request.is_json else request.form
    code = str(asked.get("code") or "could_not_process")
    if code not in _FAILURES:
        raise StripeError(400, f"code is one of: {', '.join(_FAILURES)}")
    with world().working() as work:
        failed = show(work, payouts.fail(work, work.must("payout", payout_id), code, _FAILURES[code]))
    return done(failed)


@_pages.get("/_sandbox/bank")
def bank_statement() -> Response:
    """The bank account's statement: `format` csv, mt940 or camt053; `currency`; `from` and `to` (days, inclusive)."""
    with world().looking() as work:
        now = datetime.fromtimestamp(work.now, UTC)
        try:
            first = date.fromisoformat(request.args.get("from", f"{now:%Y-%m-01}"))
            last = date.fromisoformat(request.args.get("to", f"{now:%Y-%m-%d}"))
        except ValueError:
            raise StripeError(400, "from and to are days, such as 2026-11-30.") from None
        told = bank.statement(work, request.args.get("currency", "usd").lower(), first, last)
    match request.args.get("format", "csv"):
        case "csv":
            return Response(bank.as_csv(told), mimetype="text/csv")
        case "mt940":
            return Response(bank.as_mt940(told), mimetype="text/plain")
        case "camt053":
            return Response(bank.as_camt053(told, now), mimetype="application/xml")
    raise StripeError(400, "format is csv, mt940 or camt053.")


register(
    Resource(
        kind="payout",
        operations=_OPERATIONS,
        # https://docs.stripe.com/api/payouts/object#payout_object-status: one that was paid can still fail
        machine=machine(
            "pending",
            pending="in_transit paid failed canceled",
            in_transit="paid failed",
            paid="failed",
        ),
        timers={
            payouts.GO_ON: payouts.go_on,
            payouts.RECONCILE: payouts.reconcile,
            payouts.BY_SCHEDULE: payouts.pay_by_schedule,
        },
        pages=_pages,
    )
)
