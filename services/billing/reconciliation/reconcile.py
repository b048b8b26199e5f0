"""Reconcile a day: mirror what Stripe has of it, then compare inside Postgres."""

from datetime import date

from services.billing.context import Context
from services.billing.ledger.book_day import BookDay
from services.billing.payments.mirror import mirror_charges
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.errors import DayNotBegun
from services.billing.reconciliation.reconciliation import Reconciliation
from shared import clock


def reconcile_day(context: Context, day: date, *, run_by: str) -> Reconciliation:
    """The stored run over that day of the books. The same day again is a new run over what is true now.

    Raises DayNotBegun, and StripeUnavailable with nothing stored: a run against an old mirror would look clean.
    """
    book_day = BookDay(day=day, zone=context.settings.books_zone)
    if book_day.begins_at > clock.now():
        raise DayNotBegun(day.isoformat())
    mirror_charges(context, context.stripe.charges.list_between(book_day.begins_at, book_day.ends_at))
    with context.db.transaction() as session:
        return reconciliations.run(session, book_day, run_by=run_by, now=clock.now())
