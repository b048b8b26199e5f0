"""Compare a day inside Postgres: the quick look streams out what is not plain, the close look judges it in portions.

No day is ever in this process: plain payments arrive as one line for each pair of currencies, the others by name, a
portion at a time. Looking and judging have a connection each, for the one is still sending while the other writes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby, islice
from typing import Any

import sqlalchemy as sa
from psycopg.rows import namedtuple_row
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import Session

from services.billing.ledger.book_day import BookDay
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.reconciliation import Totals
from services.billing.reconciliation.statements import JUDGE_CHARGES, JUDGE_STRAYS, QUICK_LOOK
from shared.ids import new_id

WITHIN = timedelta(seconds=40)
"""The time-out of its statements: a day is larger than what a page asks, and nobody waits at a page for it."""
PORTION = 2_000
_ROOM = sa.text("SET LOCAL work_mem = '64MB'")  # for each of a dozen hash tables: with less they go to the disk
_PATIENCE = sa.text(f"SET LOCAL statement_timeout = {int(WITHIN.total_seconds() * 1000)}")

# As psycopg takes it: SQLAlchemy streams by a cursor of the server, and Postgres plans none of these on several cores.
_QUICK_LOOK = str(QUICK_LOOK.compile(dialect=psycopg.dialect()))  # type: ignore[no-untyped-call] # SQLAlchemy's own


class _Tally:
    """What matched, by currency: payments in that of the charge, fees in that in which Stripe took them."""

    def __init__(self) -> None:
        self._payments: dict[str, list[int]] = {}
        self._fees: dict[str, int] = {}

    def add(self, row: Any) -> None:
        """Payments that matched, of one currency and settled in one."""
        known = self._payments.setdefault(row.currency, [0, 0])
        known[0] += row.payments
        known[1] += row.amount_minor
        self._fees[row.balance_currency] = self._fees.get(row.balance_currency, 0) + row.fee_minor

    def totals(self, found: Sequence[tuple[str, int, int]]) -> tuple[Totals, ...]:
        """With what was `found` wrong: for each currency how often and how much."""
        wrong = {currency: (count, minor) for currency, count, minor in found}
        return tuple(
            Totals(
                currency=currency,
                matched=self._payments.get(currency, (0, 0))[0],
                matched_minor=self._payments.get(currency, (0, 0))[1],
                fees_minor=self._fees.get(currency, 0),
                open=wrong.get(currency, (0, 0))[0],
                open_minor=wrong.get(currency, (0, 0))[1],
            )
            for currency in sorted({*self._payments, *self._fees, *wrong})
        )


def look(session: Session, day: BookDay) -> Iterator[Any]:
    """What the day looks like: plain payments in sums, the others by name. Postgres has looked when this returns.

    The rows still come, over this session's connection, while they are taken.
    """
    session.execute(_PATIENCE)
    session.execute(_ROOM)
    cursor = session.connection().connection.cursor(row_factory=namedtuple_row)
    values = {"begins_at": day.begins_at, "ends_at": day.ends_at}
    rows: Iterator[Any] = cursor.stream(_QUICK_LOOK, values)
    return chain(list(islice(rows, 1)), rows)


def judge(
    session: Session, looked: Iterator[Any], day: BookDay, *, reconciliation_id: str, now: datetime
) -> tuple[Totals, ...]:
    """Keep what does not match on that day as exceptions of this run; returns the totals.

    What still differs since an earlier run stays open with its age, what agrees now is resolved, nothing is forgotten.
    """
    session.execute(_PATIENCE)
    reconciliations.lock_day(session, day.day)
    tally = _Tally()
    values = {
        "begins_at": day.begins_at, "ends_at": day.ends_at, "zone": day.zone, "day": day.day, "now": now,
        "reconciliation_id": reconciliation_id,
    }  # fmt: skip
    for kind, rows in groupby(looked, lambda row: row.kind):
        if kind == "plain":
            for row in rows:
                tally.add(row)
            continue
        while names := [row.name for row in islice(rows, PORTION)]:
            portion = {"names": names, "prefix": f"{new_id('exc')}_"}
            if kind == "charge":
                for row in session.execute(JUDGE_CHARGES, values | portion):
                    tally.add(row)
            else:
                session.execute(JUDGE_STRAYS, values | portion | {"kinds": [kind] * len(names)})
    reconciliations.resolve_the_rest(session, day.day, reconciliation_id, now=now)
    return tally.totals(reconciliations.found_by(session, reconciliation_id))
