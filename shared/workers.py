"""The worker processes of a service: a parent that has everything imported, one child for each pool, and the schedule.

The parent opens no database and runs no job. It wakes the sweeps that are due, and starts a child anew that has died.
Several parents do no harm: they share the jobs, and a turn of a sweep is woken once.
"""

import gc
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from redis.exceptions import RedisError
from rq.exceptions import StopRequested

from shared import clock
from shared.jobs import AWAY_S, JOB_TIMEOUT_S, JobQueue, bind_context, pools_of, schedule_of
from shared.processes import end_with_parent
from shared.rq_worker import Progress, work
from shared.schedule import Timetable
from shared.telemetry import get_logger

log = get_logger()

CALM_AFTER_S = 10.0
"""Who lived that long is started again at once when it dies."""
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
STOP_WITHIN_S = 8.0
"""So long a job may go on after the parent was told to stop. Cut off, it is found again by its sweep."""
STUCK_AFTER_S = JOB_TIMEOUT_S + 10.0
"""A job that has not ended by then does not hear the alarm that should end it, and its worker is killed."""
LOOKS_EVERY_S = 30.0
"""How often the parent looks around when nothing happens."""
_HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_END = {signal.SIGTERM, signal.SIGINT}


def run_workers(service: str, redis_url: str, build_context: Callable[[], Any], pools: Sequence[str] = ()) -> None:
    """Work on jobs of these pools (of all that the service has) and wake their sweeps, until told to stop.

    `build_context` is called in each child, as connections do not survive a fork, and once before; so it opens none.
    """
    known = pools_of(service)
    if unknown := [pool for pool in pools if pool not in known]:
        sys.exit(f"{service} has no pool {', '.join(unknown)}. It has: {', '.join(known)}.")
    _Parent(service, redis_url, build_context, tuple(dict.fromkeys(pools)) or known).run()


@dataclass(kw_only=True)
class _Child:
    """The worker of one pool, through all its lives."""

    pool: str
    progress: Progress = field(default_factory=Progress)
    pid: int = 0
    began: float = 0.0
    pause: float = 0.0
    again_at: float = 0.0

    def has_died(self, status: int) -> None:
        """Say how, and when it is started again: at once after a calm life, else after a pause that grows."""
        now = time.monotonic()
        calm = now - self.began >= CALM_AFTER_S
        self.pause = 0.0 if calm else min(LONGEST_PAUSE_S, self.pause * 2 or FIRST_PAUSE_S)
        self.again_at = now + self.pause
        code = os.waitstatus_to_exitcode(status)
        if code:
            how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"status {code}"
            log.warning("worker died; another one goes on", pool=self.pool, how=how, pause_s=self.pause)


class _Signals:
    """What this process was told, as it comes through a pipe: nothing of ours runs in the middle of something else."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        for number in _HEARD:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def wait(self, seconds: float) -> set[int]:
        """What has come, at the latest after that time."""
        if not select.select([self._read], [], [], seconds)[0]:
            return set()
        return set(os.read(self._read, 4096))

    def forget(self) -> None:
        """In a child: the pipe is the parent's. Ctrl-C reaches the whole terminal, and the parent passes it on."""
        signal.set_wakeup_fd(-1)
        os.close(self._read)
        os.close(self._write)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Parent:
    def __init__(self, service: str, redis_url: str, build_context: Callable[[], Any], pools: tuple[str, ...]) -> None:
        self._service = service
        self._redis_url = redis_url
        self._build_context = build_context
        self._jobs = JobQueue(redis_url, service)
        self._timetable = Timetable(schedule_of(service, pools), clock.now())
        self._children = [_Child(pool=pool) for pool in pools]
        self._pid = os.getpid()
        self._signals = _Signals()

    def run(self) -> None:
        self._build_context()  # thrown away, unused: it has imported what the children would import each for itself
        gc.collect()
        gc.freeze()  # the collector does not write into the pages that the children share
        heard = set[int]()
        while not heard & _END:
            for child, status in self._bury():
                child.has_died(status)
            self._kill_the_stuck()
            self._start_the_missing()
            heard = self._signals.wait(min(self._wake_sweeps(), self._until_next_start()))
        self._stop()

    def _wake_sweeps(self) -> float:
        """Wake who is due; returns for how many seconds nobody will be."""
        now = clock.now()
        for turn in self._timetable.due(now):
            if not self._jobs.enqueue(turn.job, turn=turn.name, discard_after_s=turn.lasts_s):
                return AWAY_S  # it stays due, however rare its turns are
            self._timetable.taken(turn, now)
        until_next = self._timetable.until_next(clock.now())
        return LOOKS_EVERY_S if until_next is None else min(LOOKS_EVERY_S, until_next.total_seconds())

    def _until_next_start(self) -> float:
        missing = [child.again_at for child in self._children if not child.pid]
        return max(0.0, min(missing, default=LOOKS_EVERY_S + time.monotonic()) - time.monotonic())

    def _bury(self) -> list[tuple[_Child, int]]:
        """Those who have died since the last look, and how."""
        dead = []
        for child in self._children:
            if child.pid:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if pid:
                    child.pid = 0
                    dead.append((child, status))
        return dead

    def _kill_the_stuck(self) -> None:
        for child in self._children:
            if child.pid and child.progress.busy_s() > STUCK_AFTER_S:
                log.error("a job does not end; its worker is killed", pool=child.pool)
                os.kill(child.pid, signal.SIGKILL)

    def _start_the_missing(self) -> None:
        for child in self._children:
            if not child.pid and child.again_at <= time.monotonic():
                self._start(child)

    def _start(self, child: _Child) -> None:
        child.began = time.monotonic()
        child.progress.ended()
        sys.stdout.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)  # until the child has handlers of its own
        pid = os.fork()
        if not pid:
            self._live(child)
        child.pid = pid
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)

    def _live(self, child: _Child) -> NoReturn:
        """The life of a child."""
        status = 1
        try:
            self._signals.forget()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
            end_with_parent(self._pid, signal.SIGTERM)
            bind_context(self._build_context())
            work(self._service, child.pool, self._redis_url, parent=self._pid, progress=child.progress)
            status = 0
        except StopRequested:
            status = 0
        except RedisError as error:
            log.warning("Valkey does not answer", pool=child.pool, why=type(error).__name__)
        except BaseException:
            log.exception("worker failed", pool=child.pool)
        finally:
            sys.stdout.flush()
            os._exit(status)

    def _stop(self) -> None:
        """Let the children end their jobs, not for ever. Told once, one that was about to take a job would do it."""
        ends = time.monotonic() + STOP_WITHIN_S
        while any(child.pid for child in self._children) and time.monotonic() < ends:
            for child in self._children:
                if child.pid:
                    os.kill(child.pid, signal.SIGTERM)
            self._signals.wait(0.5)
            self._bury()
        for child in self._children:
            if child.pid:
                log.warning("a job did not end in time; its worker is killed", pool=child.pool)
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)
