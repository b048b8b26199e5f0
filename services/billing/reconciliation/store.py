"""Reconciliation of a day, done inside Postgres: one full join of payments, charges and balance transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.billing.ledger.book_day import BookDay
from services.billing.reconciliation.reconciliation import ExceptionType, Mismatch, Reconciliation, Totals
from services.billing.reconciliation.tables import reconciliation_exceptions, reconciliations
from shared.ids import new_id
from shared.money import Money

_PAIRS = """
WITH paired AS (
    SELECT c.charge_id AS stripe_charge_id, c.amount_minor AS stripe_minor, c.currency AS stripe_currency,
           c.refunded_minor, c.balance_transaction_id, c.order_id AS claimed_order_id,
           o.order_id, o.charge_id AS booked_charge_id, o.amount_minor AS ours_minor, o.currency AS ours_currency,
           coalesce(c.created_at, o.paid_at) AS occurred_at
    FROM (SELECT * FROM charges WHERE created_at >= :begins_at AND created_at < :ends_at) c
    FULL JOIN (SELECT * FROM order_payments WHERE paid_at >= :begins_at AND paid_at < :ends_at) o
           ON o.charge_id = c.charge_id
), pairs AS (
    SELECT p.stripe_charge_id, p.booked_charge_id, p.balance_transaction_id, p.stripe_minor, p.stripe_currency,
           p.refunded_minor, p.occurred_at, b.fee_minor, b.gross_minor, b.currency AS balance_currency,
           coalesce(p.order_id, claimed.order_id) AS order_id,
           coalesce(p.ours_minor, claimed.amount_minor) AS ours_minor,
           coalesce(p.ours_currency, claimed.currency) AS ours_currency,
           CASE
               WHEN p.order_id IS NULL AND claimed.state = 'settled' THEN 'duplicate_charge'
               WHEN p.order_id IS NULL AND claimed.currency <> p.stripe_currency THEN 'currency_mismatch'
               WHEN p.order_id IS NULL AND claimed.amount_minor <> p.stripe_minor THEN 'amount_mismatch'
               WHEN p.order_id IS NULL THEN 'missing_in_books'
               WHEN p.stripe_charge_id IS NULL THEN 'missing_in_stripe'
               WHEN p.ours_currency <> p.stripe_currency THEN 'currency_mismatch'
               WHEN p.ours_minor <> p.stripe_minor THEN 'amount_mismatch'
               WHEN p.refunded_minor > 0 THEN 'refund_missing_in_books'
               WHEN b.balance_transaction_id IS NULL THEN 'balance_transaction_missing'
               WHEN b.currency = p.stripe_currency AND b.gross_minor <> p.stripe_minor THEN 'balance_amount_mismatch'
               WHEN (b.fee_minor <> 0 OR b.currency <> p.stripe_currency) AND f.source_id IS NULL THEN 'fee_missing'
           END AS type
    FROM paired p
    LEFT JOIN balance_transactions b USING (balance_transaction_id)
    LEFT JOIN ledger_transactions f
           ON f.source_kind = 'balance_transaction' AND f.source_id = b.balance_transaction_id
    LEFT JOIN orders claimed ON p.order_id IS NULL AND claimed.order_id = p.claimed_order_id
)
"""

# Both sides of an exception are the two figures that differ: for balance, fee and refund these are not the order's.
_RUN = (
    _PAIRS  # noqa: S608 - both parts are constants of this module
    + """
, seen AS (
    INSERT INTO reconciliation_exceptions AS known
        (exception_id, day, type, subject, charge_id, order_id, balance_transaction_id,
         ours_minor, ours_currency, stripe_minor, stripe_currency, occurred_at, first_seen_at, last_seen_run)
    SELECT :prefix || lpad(row_number() OVER (ORDER BY occurred_at, stripe_charge_id, order_id)::text, 9, '0'),
           :day, type, coalesce(stripe_charge_id, booked_charge_id), coalesce(stripe_charge_id, booked_charge_id),
           order_id, balance_transaction_id,
           CASE WHEN type IN ('missing_in_books', 'duplicate_charge', 'refund_missing_in_books', 'fee_missing')
                THEN NULL
                WHEN type = 'balance_amount_mismatch' THEN stripe_minor ELSE ours_minor END,
           CASE WHEN type IN ('missing_in_books', 'duplicate_charge', 'refund_missing_in_books', 'fee_missing')
                THEN NULL
                WHEN type = 'balance_amount_mismatch' THEN stripe_currency ELSE ours_currency END,
           CASE type WHEN 'fee_missing' THEN fee_minor WHEN 'balance_amount_mismatch' THEN gross_minor
                WHEN 'refund_missing_in_books' THEN refunded_minor ELSE stripe_minor END,
           CASE WHEN type IN ('fee_missing', 'balance_amount_mismatch') THEN balance_currency ELSE stripe_currency END,
           occurred_at, :now, :reconciliation_id
    FROM pairs WHERE type IS NOT NULL
    ON CONFLICT (day, type, subject) WHERE resolved_at IS NULL DO UPDATE
        SET last_seen_run = excluded.last_seen_run, order_id = excluded.order_id,
            balance_transaction_id = excluded.balance_transaction_id,
            ours_minor = excluded.ours_minor, ours_currency = excluded.ours_currency,
            stripe_minor = excluded.stripe_minor, stripe_currency = excluded.stripe_currency
)
SELECT coalesce(stripe_currency, ours_currency) AS currency,
       count(*) FILTER (WHERE type IS NULL) AS matched,
       coalesce(sum(stripe_minor) FILTER (WHERE type IS NULL), 0)::bigint AS matched_minor,
       coalesce(sum(fee_minor) FILTER (WHERE type IS NULL AND balance_currency = stripe_currency), 0)::bigint
           AS fees_minor,
       count(*) FILTER (WHERE type IS NOT NULL) AS open,
       coalesce(sum(coalesce(stripe_minor, ours_minor)) FILTER (WHERE type IS NOT NULL), 0)::bigint AS open_minor
FROM pairs GROUP BY 1 ORDER BY 1
"""
)

_MATCHED = (
    _PAIRS
    + """
SELECT stripe_charge_id AS charge_id, order_id, balance_transaction_id, stripe_minor AS amount_minor,
       stripe_currency AS currency, fee_minor, balance_currency, occurred_at
FROM pairs WHERE type IS NULL AND (:after = '' OR stripe_charge_id > :after) ORDER BY stripe_charge_id LIMIT :limit
"""
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchedPayment:
    """A charge that agrees with its order and its balance transaction. The fee is in the balance's currency."""

    charge_id: str
    order_id: str
    balance_transaction_id: str
    amount_minor: int
    currency: str
    fee_minor: int
    balance_currency: str
    occurred_at: datetime


def run(session: Session, day: BookDay, *, run_by: str, now: datetime) -> Reconciliation:
    """Compare the day's mirrored rows with the books and keep what does not match.

    The same day again: what still differs stays open with its age, what agrees now is resolved, nothing is forgotten.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"reconcile {day.day}"))))
    made = Reconciliation(
        reconciliation_id=new_id("rec"), day=day.day, zone=day.zone, run_at=now, run_by=run_by, totals=()
    )
    session.execute(
        reconciliations.insert().values(
            reconciliation_id=made.reconciliation_id, day=made.day, zone=made.zone, run_at=now, run_by=run_by, totals=[]
        )
    )
    found = session.execute(
        sa.text(_RUN),
        {
            "begins_at": day.begins_at, "ends_at": day.ends_at, "day": day.day, "now": now,
            "reconciliation_id": made.reconciliation_id, "prefix": f"{new_id('exc')}_",
        },
    )  # fmt: skip
    totals = [dict(row) for row in found.mappings()]
    session.execute(
        reconciliations.update()
        .where(reconciliations.c.reconciliation_id == made.reconciliation_id)
        .values(totals=totals)
    )
    session.execute(
        reconciliation_exceptions.update()
        .where(
            reconciliation_exceptions.c.day == day.day,
            reconciliation_exceptions.c.resolved_at.is_(None),
            reconciliation_exceptions.c.last_seen_run != made.reconciliation_id,
        )
        .values(resolved_at=now)
    )
    return find(session, made.reconciliation_id) or made


def matched(session: Session, day: BookDay, *, after: str = "", limit: int) -> Sequence[MatchedPayment]:
    """The day's payments that agree on all sides as the rows stand now, by charge id, after the id `after`."""
    values = {"begins_at": day.begins_at, "ends_at": day.ends_at, "after": after, "limit": limit}
    return [MatchedPayment(**row) for row in session.execute(sa.text(_MATCHED), values).mappings()]


def _run(row: sa.Row[Any]) -> Reconciliation:
    return Reconciliation(
        reconciliation_id=row.reconciliation_id,
        day=row.day,
        zone=row.zone,
        run_at=row.run_at,
        run_by=row.run_by,
        totals=tuple(Totals(**total) for total in row.totals),
    )


def find(session: Session, reconciliation_id: str) -> Reconciliation | None:
    """The run of that id."""
    query = sa.select(reconciliations).where(reconciliations.c.reconciliation_id == reconciliation_id)
    row = session.execute(query).first()
    return _run(row) if row else None


def latest_of(session: Session, day: date) -> Reconciliation | None:
    """The newest run over that day."""
    query = sa.select(reconciliations).where(reconciliations.c.day == day).order_by(reconciliations.c.run_at.desc())
    row = session.execute(query.limit(1)).first()
    return _run(row) if row else None


def list_page(session: Session, *, limit: int, before: str | None) -> Sequence[Reconciliation]:
    """Runs, newest first, that come before the id `before`."""
    query = sa.select(reconciliations).order_by(reconciliations.c.reconciliation_id.desc()).limit(limit)
    if before:
        query = query.where(reconciliations.c.reconciliation_id < before)
    return [_run(row) for row in session.execute(query)]


def _mismatch(row: sa.Row[Any]) -> Mismatch:
    return Mismatch(
        exception_id=row.exception_id,
        day=row.day,
        type=ExceptionType(row.type),
        charge_id=row.charge_id,
        order_id=row.order_id,
        balance_transaction_id=row.balance_transaction_id,
        ours=None if row.ours_minor is None else Money(row.ours_minor, row.ours_currency),
        stripe=None if row.stripe_minor is None else Money(row.stripe_minor, row.stripe_currency),
        occurred_at=row.occurred_at,
        first_seen_at=row.first_seen_at,
        resolved_at=row.resolved_at,
    )


def exceptions_of(
    session: Session, reconciliation: Reconciliation, *, limit: int, after: str | None = None
) -> Sequence[Mismatch]:
    """What this run found, in the order of ids, after the id `after`; `resolved_at` tells what was mended since."""
    table = reconciliation_exceptions
    query = (
        sa.select(table)
        .where(
            table.c.day == reconciliation.day,
            table.c.first_seen_at <= reconciliation.run_at,
            sa.or_(table.c.resolved_at.is_(None), table.c.resolved_at > reconciliation.run_at),
        )
        .order_by(table.c.exception_id)
        .limit(limit)
    )
    if after:
        query = query.where(table.c.exception_id > after)
    return [_mismatch(row) for row in session.execute(query)]


def open_exceptions(session: Session, *, limit: int) -> Sequence[Mismatch]:
    """All that is open over all days, oldest first."""
    table = reconciliation_exceptions
    query = sa.select(table).where(table.c.resolved_at.is_(None)).order_by(table.c.occurred_at).limit(limit)
    return [_mismatch(row) for row in session.execute(query)]


def open_totals(session: Session) -> tuple[int, Sequence[Money], datetime | None]:
    """How many exceptions are open over all days, their amount in each currency, and the moment of the oldest."""
    table = reconciliation_exceptions
    currency = sa.func.coalesce(table.c.stripe_currency, table.c.ours_currency)
    amount = sa.func.coalesce(table.c.stripe_minor, table.c.ours_minor)
    query = (
        sa.select(currency, sa.func.count(), sa.func.sum(amount), sa.func.min(table.c.occurred_at))
        .where(table.c.resolved_at.is_(None))
        .group_by(currency)
        .order_by(currency)
    )
    rows = session.execute(query).all()
    oldest = min((row[3] for row in rows), default=None)
    return sum(row[1] for row in rows), [Money(int(row[2]), row[0]) for row in rows], oldest
