"""A service made for tests of background work: its jobs write what they saw into a file.

`python -m tests.support.odd_service worker|hasty|burst REDIS_URL FILE [pool ...]`, in a process of its own as a real
one; a hasty one has patience for a second only.
"""

import os
import signal
import sys
import threading
import types
from pathlib import Path

import structlog

from shared import workers
from shared.errors import Kind, ServiceError
from shared.jobs import bind_context, context, job, pools_of
from shared.rq_worker import Progress, work
from shared.telemetry import configure_logging, request_id
from shared.workers import run_workers

NAME = "odd"


class _Refusal(ServiceError):
    kind = Kind.CONFLICT
    code = "odd_refusal"


class Context:
    """What the jobs work with. It knows the process that made it, as a connection would."""

    def __init__(self, file: str) -> None:
        self.file = Path(file)
        self.made_by = os.getpid()


@job(pool="sweep", every_s=1)
def tick() -> None:
    """Each second."""
    note("tick")


@job(pool="sweep")
def note(*words: str) -> None:
    """Write the words and the request they belong to."""
    made: Context = context()
    with made.file.open("a") as file:
        file.write(" ".join((*words, request_id())) + "\n")


@job(pool="sweep", every_s=3600)
def refuse() -> None:
    """Say no, as a use case does."""
    note("refuse")
    raise _Refusal("Not today.")


@job(pool="sweep", daily_at="06:30")
def count_the_day() -> None:
    """Once a day."""
    note("daily")


@job(pool="mail")
def fail() -> None:
    """A bug."""
    note("fail")
    raise ZeroDivisionError


@job(pool="mail")
def die() -> None:
    """The operating system takes the process away."""
    note("die")
    os.kill(os.getpid(), signal.SIGKILL)


@job(pool="mail")
def leave() -> None:
    """A library ends the process."""
    note("leave")
    os._exit(0)


@job(pool="mail")
def who() -> None:
    """Say in which process it runs, which one made the context, and which is the parent."""
    note("who", str(os.getpid()), str(context().made_by), str(os.getppid()))


@job(pool="mail")
def write(*words: str) -> None:
    """As `note`, in the other pool."""
    note(*words)


@job(pool="mail")
def take(seconds: str) -> None:
    """Take that long."""
    note("began", seconds)
    threading.Event().wait(float(seconds))
    note("ended", seconds)


@job(pool="mail")
def be_deaf() -> None:
    """Hear no alarm and end never, as a library may that is written in C."""
    note("deaf")
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    threading.Event().wait()


@job(pool="mail")
def bind() -> None:
    """Leave something in the context of the log."""
    structlog.contextvars.bind_contextvars(left_behind="yes")


@job(pool="mail")
def show_bound() -> None:
    """Say what an earlier job left in the context of the log."""
    note("bound", structlog.contextvars.get_contextvars().get("left_behind", "nothing"))


def note_the_callback(*_: object) -> None:
    """What a stranger hangs on a job."""
    note("called back")


def stand_as_service() -> None:
    """Make the functions above services.odd.jobs."""
    jobs = types.ModuleType(f"services.{NAME}.jobs")
    jobs.ROOMS = (sys.modules[__name__],)  # type: ignore[attr-defined]
    sys.modules[f"services.{NAME}"] = types.ModuleType(f"services.{NAME}")
    sys.modules[jobs.__name__] = jobs


def main(process: str, redis_url: str, file: str, *pools: str) -> None:
    """Run one process of the service."""
    stand_as_service()
    configure_logging(NAME)
    if process == "hasty":
        workers.STOP_WITHIN_S = workers.STUCK_AFTER_S = workers.LOOKS_EVERY_S = 1.0
    if process in {"worker", "hasty"}:
        run_workers(NAME, redis_url, lambda: Context(file), pools)
    else:
        bind_context(Context(file))
        for pool in pools or pools_of(NAME):
            work(NAME, pool, redis_url, parent=os.getppid(), progress=Progress(), burst=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
