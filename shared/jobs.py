"""Work in the background: what a job says of itself, how it is woken, and how it is run by its name.

Nothing is true only in Valkey: flush it, and the sweeps find the work in the database. `shared/workers.py` has the
processes that do the work.
"""

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from shared.errors import RETRY_JOB, ServiceError
from shared.schedule import Schedule, schedule
from shared.telemetry import get_logger, request_id

log = get_logger()

JOB_TIMEOUT_S = 60
RESULT_TTL_S = 60
"""How long it is known that a turn of a sweep was done: for its minute, so that nobody does it again."""
FAILURE_TTL_S = 86_400
AWAY_S = 5.0
"""How long nobody is woken after Valkey did not answer: a request must not wait for it again and again."""
RUN_JOB = "shared.jobs.run_job"
"""The only function that a worker calls; the service, the job and its texts are what it is called with."""

Function = TypeVar("Function", bound=Callable[..., None])


@dataclass(frozen=True, kw_only=True, slots=True)
class JobMark:
    """What a job says of itself: which pool of workers does it, and when the schedule wakes it (None: never)."""

    pool: str
    schedule: Schedule | None = None


def job(
    *,
    pool: str,
    every_s: int | None = None,
    daily_at: str | None = None,
    monthly_on: int | None = None,
    monthly_at: str = "00:00",
) -> Callable[[Function], Function]:
    """Make a function of a room's jobs.py a job of its service.

    A pool is a kind of work that waits for one thing (Stripe, mail, a peer), with workers of its own, so that no other
    kind waits along. A sweep names its interval in seconds, its time of the day (UTC, "06:30") or its day of the month.
    It also runs when the workers start: it is safe to run at any time, and twice. A daily one that went wrong is not
    tried again before the next day; what must not wait so long is a row of pending work that it writes.
    """
    mark = JobMark(
        pool=pool,
        schedule=schedule(every_s=every_s, daily_at=daily_at, monthly_on=monthly_on, monthly_at=monthly_at),
    )

    def marked(function: Function) -> Function:
        cast("Any", function).job_mark = mark
        return function

    return marked


def jobs_of(service: str) -> dict[str, Callable[..., None]]:
    """The jobs of a service by name: the marked functions of the modules that its jobs.py lists as ROOMS."""
    rooms: Sequence[Any] = importlib.import_module(f"services.{service}.jobs").ROOMS
    marked = [function for room in rooms for function in vars(room).values() if hasattr(function, "job_mark")]
    jobs = {function.__name__: function for function in marked}
    if len(jobs) < len(set(marked)):
        raise RuntimeError(f"Two jobs of {service} have one name, and a wake-up would find the wrong one")
    return jobs


def marks_of(service: str) -> dict[str, JobMark]:
    """What each job of a service says of itself."""
    return {name: cast("JobMark", cast("Any", function).job_mark) for name, function in jobs_of(service).items()}


def pools_of(service: str) -> tuple[str, ...]:
    """The pools that the jobs of a service name."""
    return tuple(sorted({mark.pool for mark in marks_of(service).values()}))


def schedule_of(service: str, pools: Sequence[str] | None = None) -> dict[str, Schedule]:
    """The sweeps of a service (of these pools; of all where none is named), each with its schedule."""
    return {
        name: mark.schedule
        for name, mark in marks_of(service).items()
        if mark.schedule is not None and (pools is None or mark.pool in pools)
    }


def queue_name(service: str, pool: str) -> str:
    """The name of the RQ queue in which the wake-ups of a pool wait."""
    return f"{service}-{pool}"


class JobQueue:
    """Wakes jobs of one service, by the name of their function: each in the queue of its pool."""

    def __init__(self, redis_url: str, service: str) -> None:
        self._service = service
        self._redis = Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)
        self._away_until = 0.0
        queues = {
            pool: Queue(queue_name(service, pool), connection=self._redis, serializer=JSONSerializer)
            for pool in pools_of(service)
        }
        self._queues = {job: queues[mark.pool] for job, mark in marks_of(service).items()}

    def enqueue(self, job: str, *arguments: str, turn: str | None = None, discard_after_s: int | None = None) -> bool:
        """Wake a job; False when Valkey is away. That loses nothing: the sweep finds the work in the database.

        `turn` names one turn of a sweep: whoever finds it woken already leaves it at that.
        """
        if time.monotonic() < self._away_until:
            return False
        try:
            self._queues[job].enqueue_call(
                RUN_JOB,
                args=(self._service, job, *arguments),
                timeout=JOB_TIMEOUT_S,
                result_ttl=RESULT_TTL_S,
                failure_ttl=FAILURE_TTL_S,
                ttl=discard_after_s,
                meta={"request_id": request_id()},
                job_id=None if turn is None else f"{self._service}-{job}-{turn}",
                unique=turn is not None,
            )
        except DuplicateJobError:
            return True
        except RedisError as error:
            self._away_until = time.monotonic() + AWAY_S
            log.warning("wake-up lost; the sweep will find the work", job=job, why=type(error).__name__)
            return False
        return True

    def ping(self) -> None:
        """Raises when Valkey does not answer."""
        self._redis.ping()


class _Bound:
    """What the jobs of this process work with, set once by the worker."""

    context: Any = None


def bind_context(context: Any) -> None:
    """Give the jobs of this process their database and gateways."""
    _Bound.context = context


def context() -> Any:
    """The service's Context in a worker process."""
    if _Bound.context is None:
        raise RuntimeError("This process runs no jobs: nobody has bound a context")
    return _Bound.context


def run_job(service: str, job: str, *arguments: str) -> None:
    """Run one job by name. A refusal is logged and ends there: what a later try can change, the sweep tries again."""
    try:
        jobs_of(service)[job](*arguments)
    except ServiceError as refusal:
        log.info("job refused", job=job, code=refusal.code, why=refusal.message, again=RETRY_JOB[refusal.kind])
