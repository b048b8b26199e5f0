"""A service made for tests of background work: its jobs write what they saw into a file.

`python -m tests.support.odd_service worker|burst|scheduler REDIS_URL FILE`, in a process of its own as a real one.
"""

import os
import signal
import sys
import types
from pathlib import Path

from shared.errors import Kind, ServiceError
from shared.jobs import context, job, run_scheduler, run_worker
from shared.telemetry import configure_logging, request_id

NAME = "odd"


class _Refusal(ServiceError):
    kind = Kind.CONFLICT
    code = "odd_refusal"


@job(pool="sweep", every_s=1)
def note(*words: str) -> None:
    """Write the words and the request they belong to."""
    path: Path = context()
    with path.open("a") as file:
        file.write(" ".join((*words, request_id())) + "\n")


@job(pool="sweep", every_s=3600)
def refuse() -> None:
    """Say no, as a use case does."""
    note("refuse")
    raise _Refusal("Not today.")


@job(pool="sweep")
def fail() -> None:
    """A bug."""
    note("fail")
    raise ZeroDivisionError


@job(pool="sweep")
def die() -> None:
    """The operating system takes the process away."""
    note("die")
    os.kill(os.getpid(), signal.SIGKILL)


def note_the_callback(*_: object) -> None:
    """What a stranger hangs on a job."""
    note("called back")


def stand_as_service() -> None:
    """Make the functions above services.odd.jobs."""
    jobs = types.ModuleType(f"services.{NAME}.jobs")
    jobs.ROOMS = (sys.modules[__name__],)  # type: ignore[attr-defined]
    sys.modules[f"services.{NAME}"] = types.ModuleType(f"services.{NAME}")
    sys.modules[jobs.__name__] = jobs


def main(process: str, redis_url: str, file: str) -> None:
    """Run one process of the service."""
    stand_as_service()
    configure_logging(NAME)
    if process == "scheduler":
        run_scheduler(NAME, redis_url)
    else:
        run_worker(NAME, redis_url, Path(file), burst=process == "burst")


if __name__ == "__main__":
    main(*sys.argv[1:])
