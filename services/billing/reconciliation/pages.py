"""The finance pages: the morning, and the reconciliation of a day."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from services.billing.ledger import store as ledger
from services.billing.ledger.book_day import BookDay, day_of, read_day
from services.billing.ledger.entries import LedgerAccount
from services.billing.orders import listing as orders
from services.billing.payments import store as charges
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.begin import begin_run
from services.billing.reconciliation.errors import ReconciliationNotFound
from services.billing.reconciliation.reconciliation import RunState
from services.billing.reconciliation.view import (
    left_out_sentence,
    lines,
    morning_sentence,
    progress_sentence,
    run_sentence,
)
from services.billing.web import context
from shared import clock
from shared.errors import ServiceError
from shared.language import gettext as _
from shared.web.access import current_caller, staff
from shared.web.pagination import encode_cursor, position_in_time
from shared.web.problems import words_of

finance = Blueprint("finance", __name__, template_folder="templates")

SHOWN = 50
RUNS_SHOWN = 10


def _today() -> date:
    return day_of(clock.now(), context().settings.books_zone).day


def _morning(error: str | None = None) -> str:
    settings = context().settings
    now, yesterday = clock.now(), _today() - timedelta(days=1)
    with context().db.transaction() as session:
        of_yesterday = reconciliations.latest_of(session, yesterday)
        runs = reconciliations.list_page(session, limit=RUNS_SHOWN, before=None)
        count, amounts, oldest = reconciliations.open_totals(session)
        open_exceptions = reconciliations.open_exceptions(session, limit=SHOWN)
        payers = orders.payers_of(session, (line.order_id for line in open_exceptions))
        owed = [-balance for balance in ledger.account_balance(session, LedgerAccount.DEFERRED_REVENUE)]
    shown_run = of_yesterday or next((run for run in runs if run.state is RunState.DONE), None)
    headline, lead = morning_sentence(of_yesterday, count, amounts, now - oldest if oldest else None)
    return render_template(
        "morning.html",
        sentence=headline,
        lead=lead,
        books_zone=settings.books_zone,
        today=_today().isoformat(),
        chosen_day=request.form.get("date") or yesterday.isoformat(),
        errors={"date": error} if error else None,
        shown_run=shown_run,
        totals=shown_run.totals if shown_run else (),
        open_exceptions=lines(open_exceptions, payers),
        open_count=count,
        owed=[amount for amount in owed if amount.amount_minor],
        runs=runs,
    )


@finance.get("/finance")
@staff("finance")
def morning() -> str:
    """One sentence about yesterday, and what is open."""
    return _morning()


@finance.post("/finance/reconciliations")
@staff("finance")
def run_reconciliation() -> Response | tuple[str, int]:
    """Begin the reconciliation of the day that the form names; its page shows how far it is."""
    day = read_day(request.form.get("date"))
    if day is None:
        return _morning(_("Choose a day, such as 2026-11-23.")), 422
    caller = current_caller()
    try:
        run = begin_run(context(), day, run_by=caller.name if caller else "")
    except ServiceError as refusal:
        return _morning(words_of(refusal)), refusal.status
    return redirect(f"/finance/reconciliations/{run.reconciliation_id}", code=303)


def _shown(reconciliation_id: str) -> dict[str, Any]:
    """What the page of a run shows."""
    after_matched, after_exception = request.args.get("matched_after"), request.args.get("exceptions_after")
    after = position_in_time(after_matched)
    with context().db.transaction() as session:
        run = reconciliations.find(session, reconciliation_id)
        if run is None:
            raise ReconciliationNotFound(reconciliation_id)
        if run.state is not RunState.DONE:
            return {"run": run, "progress": progress_sentence(run)}
        newest = reconciliations.latest_of(session, run.day)
        mismatches = reconciliations.exceptions_of(session, run, limit=SHOWN + 1, after=after_exception)
        day = BookDay(day=run.day, zone=run.zone)
        matched = reconciliations.matched(session, day, after=after, limit=SHOWN + 1)
        foreign = charges.foreign_between(session, day.begins_at, day.ends_at)
        named = [*(line.order_id for line in mismatches), *(line.order_id for line in matched)]
        payers = orders.payers_of(session, named)
    here = f"/finance/reconciliations/{reconciliation_id}"
    last = matched[SHOWN - 1] if len(matched) > SHOWN else None
    return {
        "run": run,
        "progress": None,
        "newer": newest.reconciliation_id if newest and newest.reconciliation_id != reconciliation_id else None,
        "sentence": run_sentence(run),
        "mismatches": lines(mismatches[:SHOWN], payers),
        "more_exceptions": (
            f"{here}?exceptions_after={mismatches[SHOWN - 1].exception_id}" if len(mismatches) > SHOWN else None
        ),
        "left_out": left_out_sentence(*foreign),
        "matched": matched[:SHOWN],
        "payers": payers,
        "more_matched": (
            f"{here}?matched_after={encode_cursor(last.occurred_at.isoformat(), last.charge_id)}" if last else None
        ),
    }


@finance.get("/finance/reconciliations/<reconciliation_id>")
@staff("finance")
def show_reconciliation(reconciliation_id: str) -> str:
    """One run: how far it is; then what matched, what did not."""
    return render_template("reconciliation.html", **_shown(reconciliation_id))


@finance.get("/finance/reconciliations/<reconciliation_id>/progress")
@staff("finance")
def show_progress(reconciliation_id: str) -> Response:
    """The same without its frame, for the page that waits; once there is a result, it need not ask any more."""
    shown = _shown(reconciliation_id)
    answer = make_response(render_template("reconciliation_parts.html", **shown))
    if shown["progress"] is None:
        answer.headers["X-Live-Stop"] = "1"
    return answer
