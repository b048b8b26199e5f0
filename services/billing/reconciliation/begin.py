"""Begin the reconciliation of a day: a run is written down, and a job brings it forward."""

from datetime import date

from services.billing.context import Context
from services.billing.ledger.book_day import BookDay
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.errors import DayNotBegun
from services.billing.reconciliation.reconciliation import Reconciliation
from shared import clock


def begin_run(context: Context, day: date, *, run_by: str) -> Reconciliation:
    """The run over that day of the books, under way. The same day again is a new run over what is true then.

    While one is under way, that is the answer. Raises DayNotBegun.
    """
    book_day = BookDay(day=day, zone=context.settings.books_zone)
    if book_day.begins_at > clock.now():
        raise DayNotBegun(day.isoformat())
    with context.db.transaction() as session:
        return reconciliations.open_run(session, book_day, run_by=run_by, now=clock.now())
