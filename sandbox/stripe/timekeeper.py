"""Rings what is due, one thing after another, each stamped with its own due time; and advances the clock.

A timer and what it does are one transaction: killed at any line, the state is whole and the timer rings again.
"""

import threading
from collections.abc import Callable

from sandbox.stripe import registry
from sandbox.stripe.work import Work
from sandbox.stripe.world import World

FARTHEST_S = 10 * 366 * 24 * 60 * 60
"""A clock is advanced by ten years at most: more is a mistyped number."""


class Timekeeper:
    """The one who rings timers and moves the clock. `deliver` brings the webhooks that are due, and waits for them."""

    def __init__(self, world: World, deliver: Callable[[], None]) -> None:
        self._world = world
        self._deliver = deliver
        self._turn = threading.Lock()

    def keep_up(self) -> None:
        """Ring what has become due; a clock that is being advanced has somebody who does that."""
        if self._turn.acquire(blocking=False):
            try:
                self._ring_until(self._world.clock.now())
            finally:
                self._turn.release()

    def advance_to(self, target: float) -> None:
        """Let the time until `target` (Unix seconds) pass: timer by timer and delivery by delivery, in their order."""
        clock = self._world.clock
        with self._turn:
            clock.stand_at(clock.now())
            try:
                while (due := self._next_due()) is not None and due <= target:
                    clock.stand_at(due)
                    self._ring_until(due)
                    self._deliver()
                clock.stand_at(target)
                with self._world.working() as work:
                    work.tx.keep_clock(clock.ahead_s)
            finally:
                clock.run_on()
        self._world.wake.set()

    def _next_due(self) -> float | None:
        with self._world.looking() as work:
            return next_due(work)

    def _ring_until(self, moment: float) -> None:
        while (timer := self._first(moment)) is not None:
            timer_id, due, action, subject = timer
            with self._world.working(at=due) as work:
                if work.tx.sql.execute("DELETE FROM timers WHERE id = ?", (timer_id,)).rowcount:
                    registry.ring(action, work, subject)
                    work.tx.keep_clock(self._world.clock.ahead_s)

    def _first(self, moment: float) -> tuple[int, float, str, str] | None:
        with self._world.looking() as work:
            row: tuple[int, float, str, str] | None = work.tx.sql.execute(
                "SELECT id, due, action, subject FROM timers WHERE due <= ? ORDER BY due, id LIMIT 1", (moment,)
            ).fetchone()
        return row


def next_due(work: Work) -> float | None:
    """When the next timer or delivery is due; None when nothing waits."""
    row = work.tx.sql.execute(
        "SELECT min(due) FROM (SELECT min(due) AS due FROM deliveries WHERE state = 'pending'"
        " UNION ALL SELECT min(due) FROM timers)"
    ).fetchone()
    return None if row[0] is None else float(row[0])
