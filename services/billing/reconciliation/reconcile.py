"""Bring a reconciliation forward: mirror what Stripe has of the day, portion by portion, then compare in Postgres."""

import time
from datetime import timedelta
from itertools import islice

from services.billing.context import Context
from services.billing.ledger.book_day import BookDay
from services.billing.payments.leave_out import without_foreign
from services.billing.payments.mirror import mirror_batch
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.compare import judge, look
from services.billing.reconciliation.store import WORK
from shared import clock
from shared.db import wake_after_commit
from shared.work.item import Item

READS_FOR = timedelta(seconds=15)
"""How long a turn reads. What it has read is kept: a worker that dies takes one batch along."""
BATCH = 500


def reconcile(context: Context, item: Item) -> None:
    """One turn of a run: read on in Stripe's list where the turn before has ended, or compare once all is here.

    Raises StripeUnavailable: a run against an old mirror would look clean, so it waits for Stripe.
    """
    day = BookDay(day=item.row.day, zone=item.row.zone)
    if item.row.mirrored_at is None:
        _read_on(context, item, day)
    else:
        _compare(context, item, day)


def _read_on(context: Context, item: Item, day: BookDay) -> None:
    ends = time.monotonic() + READS_FOR.total_seconds()
    coming = context.stripe.charges.list_between(day.begins_at, day.ends_at, after=item.row.mirrored_to)
    last = False
    while not last and time.monotonic() < ends:
        batch = list(islice(coming, BATCH))
        last = len(batch) < BATCH
        with context.db.transaction() as session:
            now = clock.now()
            mirror_batch(session, without_foreign(session, batch), now=now)
            reconciliations.has_read(
                session,
                item.key,
                count=sum(charge.paid for charge in batch),
                to=batch[-1].charge_id if batch else None,
                now=now if last else None,
            )
    with context.db.transaction() as session:
        WORK.again(session, item, timedelta(0))
        wake_after_commit(session, "reconcile_days")


def _compare(context: Context, item: Item, day: BookDay) -> None:
    with context.db.transaction() as looking:
        looked = look(looking, day)
        # Begun only now: Postgres ends a transaction that waits half a minute for another one.
        with context.db.transaction() as session:
            now = clock.now()
            totals = judge(session, looked, day, reconciliation_id=item.key, now=now)
            reconciliations.finish(session, item.key, totals, now=now)
            WORK.done(session, item)
