"""Work in the background: RQ wakes a job soon, a schedule sweeps for what a lost wake-up left.

Nothing is true only in Valkey: flush it, and the sweeps find the work in the database.
"""

import importlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty
from rq.utils import as_text
from rq.worker import Worker

from shared.errors import RETRY_JOB, ServiceError
from shared.ids import new_id
from shared.telemetry import bound_request_id, get_logger, request_id

log = get_logger()

JOB_TIMEOUT_S = 60
RESULT_TTL_S = 60
FAILURE_TTL_S = 86_400
AWAY_S = 5.0
"""How long nobody is woken after Valkey did not answer: a request must not wait for it again and again."""
_RUN_JOB = "shared.jobs.run_job"
_BELIEVED = frozenset(
    (
        *("data", "meta", "origin", "status", "description", "timeout", "ttl", "result_ttl", "failure_ttl"),
        *("created_at", "enqueued_at", "started_at", "ended_at", "last_heartbeat", "worker_name"),
    )
)
"""The fields of a job that a worker reads back; not those that name functions, addresses or other jobs."""


Function = TypeVar("Function", bound=Callable[..., None])


@dataclass(frozen=True, kw_only=True, slots=True)
class JobMark:
    """What a job says of itself: which pool of workers does it, and how often the schedule wakes it (None: never)."""

    pool: str
    every_s: int | None = None


def job(*, pool: str, every_s: int | None = None) -> Callable[[Function], Function]:
    """Make a function of a room's jobs.py a job of its service; a sweep names its interval in seconds."""

    def mark(function: Function) -> Function:
        cast("Any", function).job_mark = JobMark(pool=pool, every_s=every_s)
        return function

    return mark


class JobQueue:
    """Wakes jobs of one service, by the name of their function."""

    def __init__(self, redis_url: str, service: str) -> None:
        self._service = service
        self._redis = Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)
        self._away_until = 0.0
        self._queue = Queue(service, connection=self._redis, serializer=JSONSerializer)

    def enqueue(self, job: str, *arguments: str, discard_after_s: int | None = None) -> None:
        """Wake a job. A Valkey that is away loses nothing: the sweep finds the work in the database."""
        if time.monotonic() < self._away_until:
            return
        try:
            self._queue.enqueue_call(
                _RUN_JOB,
                args=(self._service, job, *arguments),
                timeout=JOB_TIMEOUT_S,
                result_ttl=RESULT_TTL_S,
                failure_ttl=FAILURE_TTL_S,
                ttl=discard_after_s,
                meta={"request_id": request_id()},
            )
        except RedisError as error:
            self._away_until = time.monotonic() + AWAY_S
            log.warning("wake-up lost; the sweep will find the work", job=job, why=type(error).__name__)

    def ping(self) -> None:
        """Raises when Valkey does not answer."""
        self._redis.ping()


class _Bound:
    """What the jobs of this process work with, set once by the worker before it forks."""

    context: Any = None


def bind_context(context: Any) -> None:
    """Give the jobs of this process their database and gateways."""
    _Bound.context = context


def context() -> Any:
    """The service's Context in a worker process."""
    if _Bound.context is None:
        raise RuntimeError("This process runs no jobs: nobody has bound a context")
    return _Bound.context


def jobs_of(service: str) -> dict[str, Callable[..., None]]:
    """The jobs of a service by name: the marked functions of the modules that its jobs.py lists as ROOMS."""
    rooms: Sequence[Any] = importlib.import_module(f"services.{service}.jobs").ROOMS
    marked = [function for room in rooms for function in vars(room).values() if hasattr(function, "job_mark")]
    jobs = {function.__name__: function for function in marked}
    if len(jobs) < len(set(marked)):
        raise RuntimeError(f"Two jobs of {service} have one name, and a wake-up would find the wrong one")
    return jobs


def schedule_of(service: str) -> dict[str, int]:
    """The sweeps of a service, each with its interval in seconds."""
    marks = {name: cast("JobMark", cast("Any", function).job_mark) for name, function in jobs_of(service).items()}
    return {name: mark.every_s for name, mark in marks.items() if mark.every_s is not None}


def run_job(service: str, job: str, *arguments: str) -> None:
    """Run one job by name. A refusal is logged and ends there: what a later try can change, the sweep tries again."""
    try:
        jobs_of(service)[job](*arguments)
    except ServiceError as refusal:
        log.info("job refused", job=job, code=refusal.code, why=refusal.message, again=RETRY_JOB[refusal.kind])


class _Job(Job):
    """A job as it lies in Valkey, of which little is believed: that `run_job` is called with texts, and its times.

    RQ would import and call any name that stands there, as the function, as a callback, and would post to any address
    as a webhook. What we did not write there is inert, and what cannot be read does not stop the worker.
    """

    def restore(self, raw_data: Mapping[Any, Any]) -> None:
        try:
            super().restore({name: value for name, value in raw_data.items() if as_text(name) in _BELIEVED})
            ours = self._is_ours()
        except Exception as error:  # noqa: BLE001 - whatever somebody wrote there
            log.error("job cannot be read; dropped", job_id=self.id, why=repr(error))
            ours = False
        if not ours:
            self.connection.delete(self.key)
            raise NoSuchJobError(self.key)

    def _is_ours(self) -> bool:
        function, instance, arguments, named = json.loads(self.data)
        ours = function == _RUN_JOB and instance is None and named == {}
        if not (ours and arguments and all(isinstance(argument, str) for argument in arguments)):
            log.error("job is not ours; dropped", function=str(function)[:100])
            return False
        if not isinstance(self.meta.get("request_id"), str):
            self.meta = {}
        return True


class JobOutOfTime(BaseException):
    """A job took longer than JOB_TIMEOUT_S. Not an Exception: who catches failures of the work must not catch this."""


class _Deadline(UnixSignalDeathPenalty):
    """RQ's time limit of a job, with our exception."""

    def handle_death_penalty(self, _signum: int, _frame: Any) -> None:
        raise JobOutOfTime(f"The job took longer than {JOB_TIMEOUT_S} seconds.")


class _Worker(Worker):
    """Carries the request id of whoever woke a job into its logs and calls."""

    death_penalty_class = _Deadline
    max_connection_wait_time = 5.0  # RQ's own minute would leave work lying after Valkey is back

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with bound_request_id(job.get_meta(refresh=False).get("request_id")):
            return super().perform_job(job, queue, execution)


def run_worker(service: str, redis_url: str, bound: Any, *, burst: bool = False) -> None:
    """Work on the service's queue until told to stop (or, in a burst, until it is empty).

    Each job runs in a fork, so that a job that dies takes nothing along.
    """
    bind_context(bound)
    jobs_of(service)
    redis = Redis.from_url(redis_url, socket_connect_timeout=2)
    worker = _Worker(
        [Queue(service, connection=redis, serializer=JSONSerializer, job_class=_Job)],
        connection=redis,
        serializer=JSONSerializer,
        job_class=_Job,
        name=f"{service}-{os.getpid()}-{new_id('w')}",
    )
    worker.work(logging_level="WARNING", with_scheduler=False, burst=burst)


def run_scheduler(service: str, redis_url: str) -> None:
    """Wake each sweep at its interval in seconds until told to stop.

    Two schedulers at once do no harm: sweeps are safe to run twice. A sweep that no worker took before its next turn is
    discarded, so that a worker that was away does not come back to a pile of them.
    """
    jobs, schedule = JobQueue(redis_url, service), schedule_of(service)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    due = dict.fromkeys(schedule, 0.0)
    while not stopped.wait(max(0.0, min(due.values()) - time.monotonic())):
        for job, seconds in schedule.items():
            if due[job] <= time.monotonic():
                jobs.enqueue(job, discard_after_s=seconds)
                due[job] = time.monotonic() + seconds
