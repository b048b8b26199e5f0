"""Runs over pending work: each item is tried under a limit of its own, and its trouble stays its own."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from shared.db import Database
from shared.deadlines import deadline
from shared.errors import Kind, ServiceError
from shared.telemetry import get_logger
from shared.work.item import Item
from shared.work.kind import DEATH, WorkKind

log = get_logger()

PATIENCE: Final = timedelta(hours=6)
"""How long attempts are excused while the other side serves nobody; after that a person should see what waits."""
UNANSWERED_UNTIL_LEFT: Final = 3
"""A run ends after so many unanswered attempts in a row: the other side is away, and each costs a time-out."""
RUN: Final = timedelta(seconds=50)
"""A run takes up nothing that might last beyond this: it is a job, and jobs end after a minute."""


class WorkOutOfTime(BaseException):
    """An item took longer than its kind allows. Not an Exception: who catches failures must not catch this."""


Do = Callable[[Item], None]
"""What is done for an item."""
Together = Callable[[Sequence[Item]], Sequence[Item]]
"""What is done for several items at once, all or none of each lot; returns those that are done."""


def run_due(db: Database, kind: WorkKind, do: Do, *, lasts: timedelta = RUN) -> int:
    """Do what is due, one item after the other; returns how many went well. Two runs at once share the work.

    `do` writes `done` or `again` itself, in the transaction of its effect.
    """
    run = _Run(db, kind, do)
    begins_until = time.monotonic() + (lasts - kind.longest).total_seconds()
    while time.monotonic() < begins_until and run.unanswered_in_a_row < UNANSWERED_UNTIL_LEFT:
        with db.transaction() as session:
            item = kind.claim(session)
        if item is None:
            break
        run.attempt(item)
        run.put_off()
    run.judge()
    return run.went_well


def run_batches(
    db: Database, kind: WorkKind, do: Do, *, most: int, together: Together | None = None, lasts: timedelta = RUN
) -> int:
    """Do what is due, batch by batch; returns how many went well. For small work whose effect is not in our database.

    A batch is first tried `together`, where that is possible; what that leaves is done one by one. Neither writes
    anything: what went well is written down at the end of each batch, and what its worker did not live to write down
    is done again.
    """
    run = _Run(db, kind, do)
    begins_until = time.monotonic() + (lasts - 2 * kind.longest).total_seconds()
    while time.monotonic() < begins_until:
        with db.single() as session:
            items = kind.claim_batch(session, most)
        if not items:
            with db.transaction() as session:
                alone = kind.claim(session)
            if alone is None:
                break
            items = [alone]
        begun_until = time.monotonic() + kind.longest.total_seconds()
        good = run.attempt_together(items, together) if together and len(items) > 1 else []
        done = {item.key for item in good}
        for item in (item for item in items if item.key not in done):
            if time.monotonic() > begun_until:
                run.leave(item)
            elif run.attempt(item):
                good.append(item)
        with db.transaction() as session:
            kind.done_all(session, good)
        run.put_off()
    run.judge()
    return run.went_well


def run_one(db: Database, kind: WorkKind, key: str, do: Do) -> bool:
    """Do this item, if it is due and nobody else is at it; whether it went well. `do` writes `done` or `again`."""
    with db.transaction() as session:
        item = kind.claim_one(session, key)
    if item is None:
        return False
    run = _Run(db, kind, do)
    went_well = run.attempt(item)
    run.put_off()
    run.judge()
    return went_well


class _Run:
    """One run over items of a kind, with what it learns about the other side on its way."""

    def __init__(self, db: Database, kind: WorkKind, do: Do) -> None:
        self._db, self._kind, self._do = db, kind, do
        self.went_well = 0
        self.unanswered_in_a_row = 0
        self._not_done: list[tuple[Item, str, int]] = []
        self._excused: list[tuple[Item, str]] = []
        self._served: set[str] = set()

    def attempt(self, item: Item) -> bool:
        """Try the item; whether it went well. What did not is put off by `put_off`."""
        try:
            with deadline(self._kind.longest.total_seconds()), _cut_off_after(self._kind.longest):
                self._do(item)
        except WorkOutOfTime:
            self._not_done.append((item, f"Cut off after {self._kind.longest.total_seconds():.0f} seconds.", DEATH))
        except ServiceError as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                self.unanswered_in_a_row += not getattr(refusal, "answered", False)
                self._excused.append((item, refusal.message))
                self._not_done.append((item, refusal.message, 0))
            else:
                self._not_done.append((item, refusal.message, 1))
        except Exception as error:
            log.exception("work failed", kind=self._kind.name, key=item.key)
            self._not_done.append((item, f"{type(error).__name__}: {error}", 1))
        else:
            self.went_well += 1
            self._served.add(item.lane)
            self.unanswered_in_a_row = 0
            return True
        return False

    def attempt_together(self, items: Sequence[Item], together: Together) -> list[Item]:
        """Try them at once; those that went well. The others are tried as if nothing had been."""
        try:
            with deadline(self._kind.longest.total_seconds()), _cut_off_after(self._kind.longest):
                good = list(together(items))
        except WorkOutOfTime:
            return []
        except Exception:
            log.exception("work failed together; each is tried alone", kind=self._kind.name)
            return []
        self.went_well += len(good)
        self._served.update(item.lane for item in good)
        return good

    def leave(self, item: Item) -> None:
        """The claim is running out and it was not tried: the next run takes it."""
        self._not_done.append((item, "Left for the next run: those before it took too long.", 0))

    def put_off(self) -> None:
        """Write down what did not go well, each with its price."""
        self._write(self._not_done)
        self._not_done = []

    def judge(self) -> None:
        """Where others were served, an item that was not has itself to blame; so has one that waited too long."""
        if not self._excused:
            return
        with self._db.transaction() as session:
            now = session.execute(sa.select(sa.func.now())).scalar_one()
        self._write(
            [
                (item, why, 1)
                for item, why in self._excused
                if item.lane in self._served or now - item.waits_since > PATIENCE
            ]
        )
        self._excused = []

    def _write(self, not_done: list[tuple[Item, str, int]]) -> None:
        if not not_done:
            return
        with self._db.transaction() as session:
            parked = [self._kind.failed(session, item, why, cost=cost) for item, why, cost in not_done]
        for (item, why, _), is_parked in zip(not_done, parked, strict=True):
            record = log.error if is_parked else log.warning
            record("work parked" if is_parked else "work put off", kind=self._kind.name, key=item.key, why=why)


@contextmanager
def _cut_off_after(longest: timedelta) -> Iterator[None]:
    """Raise WorkOutOfTime in here after that time. Only a main thread can be interrupted; elsewhere deadlines do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cut_off(_signal: int, _frame: Any) -> None:
        raise WorkOutOfTime

    began = time.monotonic()
    standing = signal.signal(signal.SIGALRM, cut_off)
    left, _ = signal.setitimer(signal.ITIMER_REAL, longest.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, standing)
        if left:  # the job that we are a part of has a limit of its own, which goes on
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)))
