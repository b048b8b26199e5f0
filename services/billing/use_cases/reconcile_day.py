"""Reconcile a day: mirror what Stripe has of it, then compare inside Postgres."""

from datetime import date

from services.billing.domain.reconciliation import BookDay, Reconciliation
from services.billing.errors import DayNotBegun
from services.billing.ports import StripeGateway
from services.billing.store import reconciliations
from services.billing.use_cases.mirror_charge import mirror_charges
from shared import clock
from shared.db import Database


def reconcile_day(db: Database, stripe: StripeGateway, day: date, *, zone: str, run_by: str) -> Reconciliation:
    """The stored run over that day of the books. The same day again is a new run over what is true now.

    Raises DayNotBegun, and StripeUnavailable with nothing stored: a run against an old mirror would look clean.
    """
    book_day = BookDay(day=day, zone=zone)
    if book_day.begins_at > clock.now():
        raise DayNotBegun(day.isoformat())
    mirror_charges(db, stripe.list_charges(book_day.begins_at, book_day.ends_at))
    with db.transaction() as session:
        return reconciliations.run(session, book_day, run_by=run_by, now=clock.now())
