"""The finance pages: the morning, the reconciliation of a day, the journal."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.billing.domain.ledger import LedgerAccount
from services.billing.domain.reconciliation import (
    BookDay,
    Mismatch,
    Reconciliation,
    day_of,
    may_have_books,
    next_step,
    sentence,
)
from services.billing.errors import ReconciliationNotFound
from services.billing.store import ledger, reconciliations
from services.billing.use_cases.reconcile_day import reconcile_day
from services.billing.web import context
from services.billing.web.trace_page import trace_page
from shared import clock
from shared.errors import ServiceError
from shared.money import Money
from shared.web import formats
from shared.web.access import current_caller, staff

finance = Blueprint("finance", __name__)

SHOWN = 50
RUNS_SHOWN = 10
JOURNAL_SHOWN = 500

finance.add_url_rule("/finance/charges/<charge_id>", "trace", staff("finance")(trace_page))


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if may_have_books(day) else None


def _today() -> date:
    return day_of(clock.now(), context().settings.books_zone).day


def _lines(mismatches: Sequence[Mismatch]) -> list[dict[str, Any]]:
    locale = formats.reader_locale()
    return [
        {
            "type": line.type,
            "sentence": sentence(line.type, ours=line.ours, stripe=line.stripe, locale=locale),
            "next_step": next_step(line.type),
            "amount": line.amount,
            "occurred_at": line.occurred_at,
            "charge_id": line.charge_id,
            "order_id": line.order_id,
            "resolved_at": line.resolved_at,
        }
        for line in mismatches
    ]


def _amounts(amounts: Sequence[Money]) -> str:
    return " and ".join(formats.money(amount.amount_minor, amount.currency) for amount in amounts)


def _morning_sentence(
    yesterday: Reconciliation | None, count: int, amounts: Sequence[Money], oldest: timedelta | None
) -> tuple[str, str]:
    later = "" if yesterday else "Yesterday has not been reconciled yet."
    if count and oldest is not None:
        return (
            f"{formats.plural(count, 'exception')}, {_amounts(amounts)}, the oldest {formats.span(oldest)} old.",
            later,
        )
    if yesterday is None:
        return "Yesterday has not been reconciled.", "Run it below: it takes a few seconds."
    return "Yesterday is clean.", f"{formats.plural(yesterday.matched, 'payment')} matched to the cent."


def _morning(error: str | None = None) -> str:
    settings = context().settings
    now, yesterday = clock.now(), _today() - timedelta(days=1)
    with context().db.transaction() as session:
        of_yesterday = reconciliations.latest_of(session, yesterday)
        runs = reconciliations.list_page(session, limit=RUNS_SHOWN, before=None)
        count, amounts, oldest = reconciliations.open_totals(session)
        open_exceptions = reconciliations.open_exceptions(session, limit=SHOWN)
        owed = [-balance for balance in ledger.account_balance(session, LedgerAccount.DEFERRED_REVENUE)]
    shown_run = of_yesterday or (runs[0] if runs else None)
    headline, lead = _morning_sentence(of_yesterday, count, amounts, now - oldest if oldest else None)
    return render_template(
        "finance/morning.html",
        sentence=headline,
        lead=lead,
        books_zone=settings.books_zone,
        today=_today().isoformat(),
        chosen_day=request.form.get("date") or yesterday.isoformat(),
        errors={"date": error} if error else None,
        shown_run=shown_run,
        totals=shown_run.totals if shown_run else (),
        open_exceptions=_lines(open_exceptions),
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
    """Reconcile the day that the form names."""
    day = _day(request.form.get("date"))
    if day is None:
        return _morning("Choose a day, such as 2026-11-23."), 422
    caller = current_caller()
    try:
        run = reconcile_day(
            context().db,
            context().stripe,
            day,
            zone=context().settings.books_zone,
            run_by=caller.name if caller else "",
        )
    except ServiceError as refusal:
        return _morning(refusal.message), refusal.status
    return redirect(f"/finance/reconciliations/{run.reconciliation_id}", code=303)


@finance.get("/finance/reconciliations/<reconciliation_id>")
@staff("finance")
def show_reconciliation(reconciliation_id: str) -> str:
    """One run: what matched, what did not."""
    after_matched, after_exception = request.args.get("matched_after", ""), request.args.get("exceptions_after")
    with context().db.transaction() as session:
        run = reconciliations.find(session, reconciliation_id)
        if run is None:
            raise ReconciliationNotFound(reconciliation_id)
        newest = reconciliations.latest_of(session, run.day)
        mismatches = reconciliations.exceptions_of(session, run, limit=SHOWN + 1, after=after_exception)
        day = BookDay(day=run.day, zone=run.zone)
        matched = reconciliations.matched(session, day, after=after_matched, limit=SHOWN + 1)
    here = f"/finance/reconciliations/{reconciliation_id}"
    return render_template(
        "finance/reconciliation.html",
        run=run,
        newer=newest.reconciliation_id if newest and newest.reconciliation_id != reconciliation_id else None,
        sentence=_run_sentence(run),
        mismatches=_lines(mismatches[:SHOWN]),
        more_exceptions=(
            f"{here}?exceptions_after={mismatches[SHOWN - 1].exception_id}" if len(mismatches) > SHOWN else None
        ),
        matched=matched[:SHOWN],
        more_matched=f"{here}?matched_after={matched[SHOWN - 1].charge_id}" if len(matched) > SHOWN else None,
    )


def _run_sentence(run: Reconciliation) -> str:
    day = formats.day(run.day)
    if not run.totals:
        return f"{day}: no payments."
    if run.clean:
        return f"{day} is clean: {formats.plural(run.matched, 'payment')} matched to the cent."
    amounts = [Money(total.open_minor, total.currency) for total in run.totals if total.open]
    return f"{day}: {formats.plural(run.open, 'exception')}, {_amounts(amounts)}; {run.matched} matched."


@finance.get("/finance/journal")
@staff("finance")
def journal() -> str:
    """The ledger's transactions of a day."""
    asked = request.args.get("date")
    day = _day(asked)
    shown = day or _today()
    book_day = BookDay(day=shown, zone=context().settings.books_zone)
    with context().db.transaction() as session:
        postings = ledger.between(session, book_day.begins_at, book_day.ends_at, limit=JOURNAL_SHOWN + 1)
        totals = ledger.account_totals(session, book_day.begins_at, book_day.ends_at)
    count = formats.plural(len(postings), "transaction") if len(postings) <= JOURNAL_SHOWN else "many transactions"
    return render_template(
        "finance/journal.html",
        shown_day=shown,
        previous_day=shown - timedelta(days=1),
        next_day=shown + timedelta(days=1),
        books_zone=book_day.zone,
        error="Choose a day, such as 2026-11-23." if asked and day is None else None,
        sentence=f"{formats.day(shown)}: {count}.",
        postings=postings[:JOURNAL_SHOWN],
        cut=len(postings) > JOURNAL_SHOWN,
        totals=totals,
    )
