"""Runs and what they found: begun once for a day, finished with totals, exceptions kept with their age."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.billing.ledger.book_day import BookDay
from services.billing.payments.tables import charges
from services.billing.reconciliation.reconciliation import ExceptionType, Mismatch, Reconciliation, RunState, Totals
from services.billing.reconciliation.statements import MATCHED
from services.billing.reconciliation.tables import reconciliation_exceptions, reconciliations
from shared.db import wake_after_commit
from shared.ids import new_id
from shared.language import N_
from shared.money import Money
from shared.work.kind import WorkKind

WORK = WorkKind(
    "reconciliations",
    reconciliations,
    key="reconciliation_id",
    about="day",
    title=N_("Reconciliations that are under way"),
    longest=timedelta(seconds=45),
)


LONGEST_STRETCH = 2_000

_runs = reconciliations.c
_wanted: sa.BindParameter[Any] = sa.bindparam("wanted")
_find = sa.select(reconciliations).where(_runs.reconciliation_id == _wanted)
_latest = sa.select(reconciliations).where(_runs.day == _wanted, _runs.done).order_by(_runs.run_at.desc()).limit(1)
_under_way = sa.select(reconciliations).where(_runs.day == _wanted, _runs.due_at.is_not(None))
_lock_day = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(sa.bindparam("name"))))
_insert = (
    reconciliations.insert()
    .values({name: sa.bindparam(name) for name in ("reconciliation_id", "day", "zone", "run_at", "run_by")})
    .values(totals=[], done=False)
    .returning(reconciliations)
)
_has_read = (
    reconciliations.update()
    .where(_runs.reconciliation_id == _wanted)
    .values(
        mirrored=_runs.mirrored + sa.bindparam("count"),
        mirrored_to=sa.func.coalesce(sa.bindparam("to"), _runs.mirrored_to),
        mirrored_at=sa.bindparam("now"),
    )
)
_finish = (
    reconciliations.update()
    .where(_runs.reconciliation_id == _wanted)
    .values(totals=sa.bindparam("found", type_=JSONB), run_at=sa.bindparam("now"), done=True)
)
_exceptions = reconciliation_exceptions.c
_resolve = (
    reconciliation_exceptions.update()
    .where(
        _exceptions.day == sa.bindparam("of_day"),
        _exceptions.resolved_at.is_(None),
        _exceptions.last_seen_run != sa.bindparam("run"),
    )
    .values(resolved_at=sa.bindparam("now"))
)
_in_question = sa.func.coalesce(_exceptions.stripe_currency, _exceptions.ours_currency).label("currency")
_found_by = (
    sa.select(
        _in_question, sa.func.count(), sa.func.sum(sa.func.coalesce(_exceptions.stripe_minor, _exceptions.ours_minor))
    )
    .where(_exceptions.last_seen_run == sa.bindparam("run"))
    .group_by(_in_question)
)
_of_the_day = (
    sa.select(charges.c.charge_id, charges.c.created_at)
    .where(
        sa.tuple_(charges.c.created_at, charges.c.charge_id)
        > sa.tuple_(sa.bindparam("from_at"), sa.bindparam("from_id")),
        charges.c.created_at < sa.bindparam("ends_at"),
    )
    .order_by(charges.c.created_at, charges.c.charge_id)
    .limit(sa.bindparam("most"))
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


def open_run(session: Session, day: BookDay, *, run_by: str, now: datetime) -> Reconciliation:
    """A new run over that day, which a job brings forward; or the one that is under way already."""
    lock_day(session, day.day)
    row = session.execute(_under_way, {"wanted": day.day}).first()
    if row is not None:
        return _run(row)
    values = {"reconciliation_id": new_id("rec"), "day": day.day, "zone": day.zone, "run_at": now, "run_by": run_by}
    made = session.execute(_insert, values).one()
    wake_after_commit(session, "reconcile_days")
    return _run(made)


def lock_day(session: Session, day: date) -> None:
    """Whoever else wants to begin or to finish a run over that day waits until this transaction ends."""
    session.execute(_lock_day, {"name": f"reconcile {day}"})


def has_read(session: Session, reconciliation_id: str, *, count: int, to: str | None, now: datetime | None) -> None:
    """So many more charges of Stripe are here, up to the one named `to`; `now`: these were the last."""
    session.execute(_has_read, {"wanted": reconciliation_id, "count": count, "to": to, "now": now})


def resolve_the_rest(session: Session, day: date, reconciliation_id: str, *, now: datetime) -> None:
    """What was open on that day and was not found by this run agrees now."""
    session.execute(_resolve, {"of_day": day, "run": reconciliation_id, "now": now})


def found_by(session: Session, reconciliation_id: str) -> Sequence[tuple[str, int, int]]:
    """What this run found, until the next one finds it again: currency, how often, how much."""
    return [(row[0], row[1], int(row[2])) for row in session.execute(_found_by, {"run": reconciliation_id})]


def finish(session: Session, reconciliation_id: str, totals: Sequence[Totals], *, now: datetime) -> None:
    """The run has its result. It tells of the moment in which it compared."""
    values = {"wanted": reconciliation_id, "found": [asdict(total) for total in totals], "now": now}
    session.execute(_finish, values)


def matched(
    session: Session, day: BookDay, *, after: tuple[datetime, str] | None = None, limit: int
) -> Sequence[MatchedPayment]:
    """The day's charges that agree on all sides as the rows stand now, in the order of time, after that place.

    They are looked at a portion at a time, so a page costs the same at its end as at its beginning; a stretch of
    `LONGEST_STRETCH` charges without a match ends it.
    """
    found: list[MatchedPayment] = []
    looked_at, place = 0, max(after or (day.begins_at, ""), (day.begins_at, ""))
    while len(found) < limit and looked_at < LONGEST_STRETCH:
        rows = session.execute(_of_the_day, _place(day, place) | {"most": limit}).all()
        if not rows:
            break
        place = (rows[-1].created_at, rows[-1].charge_id)
        looked_at += len(rows)
        values = {
            "names": [row.charge_id for row in rows],
            "begins_at": day.begins_at, "ends_at": day.ends_at, "zone": day.zone,
        }  # fmt: skip
        found += [MatchedPayment(**row) for row in session.execute(MATCHED, values).mappings()]
    return found[:limit]


def _place(day: BookDay, place: tuple[datetime, str]) -> dict[str, Any]:
    return {"from_at": place[0], "from_id": place[1], "ends_at": day.ends_at}


def _run(row: sa.Row[Any]) -> Reconciliation:
    return Reconciliation(
        reconciliation_id=row.reconciliation_id,
        day=row.day,
        zone=row.zone,
        run_at=row.run_at,
        run_by=row.run_by,
        totals=tuple(Totals(**total) for total in row.totals),
        state=_state(row),
        mirrored=row.mirrored,
    )


def _state(row: sa.Row[Any]) -> RunState:
    if row.done:
        return RunState.DONE
    if row.parked_at is not None:
        return RunState.STOPPED
    return RunState.READING if row.mirrored_at is None else RunState.COMPARING


def find(session: Session, reconciliation_id: str) -> Reconciliation | None:
    """The run of that id."""
    row = session.execute(_find, {"wanted": reconciliation_id}).first()
    return _run(row) if row else None


def latest_of(session: Session, day: date) -> Reconciliation | None:
    """The newest run over that day that has a result."""
    row = session.execute(_latest, {"wanted": day}).first()
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
