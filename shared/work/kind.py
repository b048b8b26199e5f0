"""A kind of pending work: the statements that claim, put off, park and release the rows of its table."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.telemetry import get_logger
from shared.work.item import Item, Parked

log = get_logger()

PARK_AT: Final = 12
"""A row with so many failures is parked. A refusal or a bug is one failure."""
DEATH: Final = 4
"""What an attempt costs that ended its worker or was cut off: three of them park the row."""
LONGEST_PAUSE: Final = timedelta(seconds=30)
"""No pause is longer, so that a minute after a fault has ended nothing is pending."""
MARGIN: Final = timedelta(seconds=10)
"""A claim outlasts its work by this much: the time to write down what became of it."""
ENDED_WITHOUT_A_WORD: Final = "Its worker ended without a word in the middle of it, or is still at it."
_LONGEST_ERROR: Final = 500


class WorkKind:
    """One kind of pending work: a table with `work_columns()`.

    `longest` is how long one item may take; it is cut off then. No item of a batch begins later than that after the
    batch was claimed. `about` is the column that tells an operator what a row is about; `lane` the one that names the
    other side, where there are several; `title` says in plain words what kind of work it is.
    """

    def __init__(
        self,
        name: str,
        table: sa.Table,
        *,
        title: str,
        key: str = "id",
        about: str | None = None,
        lane: str | None = None,
        longest: timedelta = timedelta(seconds=20),
    ) -> None:
        self.name, self.title, self.longest = name, title, longest
        self._table = table
        self._key = table.c[key]
        self._about = table.c[about or key]
        self._lane = lane
        # Built once: SQLAlchemy needs longer to build such a statement than Postgres to run it.
        due = sa.select(self._key).where(table.c.due_at <= sa.func.now())
        self._claim = self._claiming(due, longest + MARGIN)
        self._claim_one = self._claiming(due.where(self._key == sa.bindparam("wanted")), longest + MARGIN)
        self._claim_batch = self._claiming(due.where(table.c.failures == 0), 2 * longest + MARGIN)
        self._done_statements: dict[tuple[str, ...], sa.Update] = {}
        ours = (
            self._key == sa.bindparam("row_key"),
            table.c.attempts == sa.bindparam("attempt"),
            table.c.due_at.is_not(None),  # what was finished in the last moment stays finished
        )
        self._settle = (
            table.update()
            .where(*ours)
            .values(
                due_at=sa.func.now() + sa.bindparam("pause", type_=sa.Interval),
                failures=sa.bindparam("new_failures"),
                last_error=sa.bindparam("error"),
                parked_at=None,
            )
        )
        self._park = (
            table.update()
            .where(*ours)
            .values(due_at=None, failures=sa.bindparam("new_failures"), last_error=sa.bindparam("error"))
            .values(parked_at=sa.func.now())
        )

    def _claiming(self, due: "sa.Select[Any]", lasts: timedelta) -> Any:
        table = self._table
        # A CTE runs once. As a subquery Postgres may run it again for each row, and then it takes more than it may.
        chosen = (
            due.order_by(table.c.due_at).limit(sa.bindparam("most")).with_for_update(skip_locked=True).cte("chosen")
        )
        spent = table.c.failures >= PARK_AT
        return (
            table.update()
            .where(self._key == chosen.c[self._key.name])
            .values(
                attempts=table.c.attempts + sa.case((spent, 0), else_=1),
                failures=table.c.failures + sa.case((spent, 0), else_=DEATH),
                due_at=sa.case((spent, None), else_=sa.func.now() + lasts),
                parked_at=sa.case((spent, sa.func.now())),
                last_error=sa.case((spent, table.c.last_error), else_=ENDED_WITHOUT_A_WORD),
            )
            .returning(table)
        )

    # A claim, and what becomes of it.

    def claim(self, session: Session) -> Item | None:
        """Take the item that is due longest; what has spent its tries is parked instead. None when nothing is due."""
        while rows := session.execute(self._claim, {"most": 1}).all():
            if items := self._claimed(rows):
                return items[0]
        return None

    def claim_batch(self, session: Session, most: int) -> list[Item]:
        """Take up to so many due items that never failed, those that wait longest first.

        Who stood beside a death is taken alone from then on.
        """
        claimed = self._claimed(session.execute(self._claim_batch, {"most": most}).all())
        return sorted(claimed, key=lambda item: (item.waits_since, item.key))

    def claim_one(self, session: Session, key: str) -> Item | None:
        """Take this item; None when it is not due, done, parked, or somebody else is at it."""
        return next(iter(self._claimed(session.execute(self._claim_one, {"most": 1, "wanted": key}).all())), None)

    def _claimed(self, rows: Sequence[sa.Row[Any]]) -> list[Item]:
        items = []
        for row in rows:
            key = str(row._mapping[self._key.name])
            if row.parked_at is not None:
                log.error("work parked", kind=self.name, key=key, why=row.last_error)
            else:
                items.append(
                    Item(
                        key=key,
                        lane=str(row._mapping[self._lane]) if self._lane else "",
                        attempt=row.attempts,
                        failures=row.failures - DEATH,
                        waits_since=row.waits_since,
                        row=row,
                    )
                )
        return items

    def done(self, session: Session, item: Item, **values: Any) -> bool:
        """It is finished: say so in the transaction of its effect, with other columns to write, if any.

        False when the claim was lost to somebody else meanwhile, who will find the effect there.
        """
        statement = self._done_with(tuple(values))
        result = session.execute(statement, {"row_key": item.key, "attempt": item.attempt, **values})
        return bool(result.rowcount)  # type: ignore[attr-defined] # a CursorResult, as for each UPDATE

    def done_all(self, session: Session, items: Sequence[Item]) -> None:
        """They are finished: one round trip for a batch."""
        if items:
            own = [{"row_key": item.key, "attempt": item.attempt} for item in items]
            session.execute(self._done_with(()), own)

    def _done_with(self, names: tuple[str, ...]) -> "sa.Update":
        if names not in self._done_statements:
            more: dict[str, Any] = {name: sa.bindparam(name) for name in names}
            self._done_statements[names] = (
                self._table.update()
                .where(self._key == sa.bindparam("row_key"), self._table.c.attempts == sa.bindparam("attempt"))
                # Parked, too: a slow worker may end well after the next one has found its tries spent.
                .values(due_at=None, parked_at=None, failures=0, last_error=None, **more)
            )
        return self._done_statements[names]

    def again(self, session: Session, item: Item, after: timedelta) -> None:
        """Nothing went wrong and it is not finished: look at it again after that time."""
        self._write(session, item, pause=after, failures=0, error=None)

    def failed(self, session: Session, item: Item, why: str, *, cost: int) -> bool:
        """It did not work out: put it off, or park it when it has failed too often. True when it is parked now."""
        failures = item.failures + cost
        if failures >= PARK_AT:
            session.execute(
                self._park,
                {
                    "row_key": item.key,
                    "attempt": item.attempt,
                    "new_failures": failures,
                    "error": why[:_LONGEST_ERROR],
                },
            )
            return True
        self._write(session, item, pause=_pause(item.attempt), failures=failures, error=why[:_LONGEST_ERROR])
        return False

    def _write(self, session: Session, item: Item, *, pause: timedelta, failures: int, error: str | None) -> None:
        session.execute(
            self._settle,
            {
                "row_key": item.key,
                "attempt": item.attempt,
                "pause": pause,
                "new_failures": failures,
                "error": error,
            },
        )

    # By key, without a claim.

    def schedule(self, session: Session, key: str, after: timedelta = timedelta(0)) -> None:
        """Let it be due that much from now, whatever became of it before."""
        session.execute(
            self._table.update()
            .where(self._key == key)
            .values(
                due_at=sa.func.now() + after,
                waits_since=sa.func.now(),
                failures=0,
                parked_at=None,
                last_error=None,
            )
        )

    def forget(self, session: Session, key: str) -> None:
        """Nothing is left to do for it: what it was for has come about in another way."""
        session.execute(self._table.update().where(self._key == key).values(due_at=None, parked_at=None))

    # For operators.

    def pending(self, session: Session) -> int:
        """How many items are due, worked on, or put off after some trouble.

        What is only to be looked at again later waits for its time: a checkout that can still be paid is not late.
        """
        table = self._table
        in_trouble = table.c.due_at.is_not(None) & table.c.last_error.is_not(None)
        return self._count(session, (table.c.due_at <= sa.func.now()) | in_trouble)

    def count_parked(self, session: Session) -> int:
        """How many items wait for a person."""
        return self._count(session, self._table.c.parked_at.is_not(None))

    def _count(self, session: Session, which: sa.ColumnElement[bool]) -> int:
        return session.execute(sa.select(sa.func.count()).select_from(self._table).where(which)).scalar_one()

    def parked(self, session: Session, most: int = 100) -> list[Parked]:
        """What is parked, the latest first."""
        table = self._table
        query = (
            sa.select(
                self._key.label("row_key"),
                self._about.label("about"),
                table.c.parked_at,
                table.c.waits_since,
                table.c.attempts,
                table.c.last_error,
            )
            .where(table.c.parked_at.is_not(None))
            .order_by(table.c.parked_at.desc())
            .limit(most)
        )
        return [
            Parked(
                kind=self.name,
                key=str(row.row_key),
                about=str(row.about),
                parked_at=row.parked_at,
                waits_since=row.waits_since,
                attempts=row.attempts,
                last_error=row.last_error or "",
            )
            for row in session.execute(query)
        ]

    def release(self, session: Session, key: str | None = None) -> int:
        """Try what is parked again from the beginning: this item, or all of them. Returns how many."""
        which: sa.ColumnElement[bool] = self._table.c.parked_at.is_not(None)
        if key is not None:
            which &= self._key == key
        result = session.execute(
            self._table.update()
            .where(which)
            .values(parked_at=None, due_at=sa.func.now(), waits_since=sa.func.now(), failures=0)
        )
        return int(result.rowcount)  # type: ignore[attr-defined] # a CursorResult, as for each UPDATE


def _pause(attempt: int) -> timedelta:
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(attempt, 6)))


def count_work(session: Session, kinds: Sequence[WorkKind]) -> dict[str, int]:
    """How much waits of each kind, and of each how much waits for a person."""
    counts: dict[str, int] = {}
    for kind in kinds:
        counts |= {kind.name: kind.pending(session), f"{kind.name}_parked": kind.count_parked(session)}
    return counts
