"""Reconcile a day: mirror what Stripe has of it, then compare inside Postgres."""

from datetime import date

from services.billing.gateways.stripe.gateway import StripeGateway
from services.billing.ledger.book_day import BookDay
from services.billing.payments.mirror import mirror_charges
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.errors import DayNotBegun
from services.billing.reconciliation.reconciliation import Reconciliation
from shared import clock
from shared.db import Database


def reconcile_day(db: Database, stripe: StripeGateway, day: date, *, zone: str, run_by: str) -> Reconciliation:
    """The stored run over that day of the books. The same day again is a new run over what is true now.

    Raises DayNotBegun, and StripeUnavailable with nothing stored: a run against an old mirror would look clean.
    """
    book_day = BookDay(day=day, zone=zone)
    if book_day.begins_at > clock.now():
        raise DayNotBegun(day.isoformat())
    mirror_charges(db, stripe.charges.list_between(book_day.begins_at, book_day.ends_at))
    with db.transaction() as session:
        return reconciliations.run(session, book_day, run_by=run_by, now=clock.now())
