"""One worker: RQ's, at work in its own process on the queue of one pool, believing little of what lies in Valkey."""

import json
import mmap
import os
import signal
import struct
import time
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError
from rq import Queue
from rq.exceptions import NoSuchJobError, StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty
from rq.utils import as_text
from rq.worker import SimpleWorker, WorkerStatus

from shared import clock
from shared.ids import new_id
from shared.jobs import JOB_TIMEOUT_S, RUN_JOB, queue_name
from shared.telemetry import bound_request_id, get_logger

log = get_logger()

WAITS_S = 30
"""How long a worker waits for a job before it says that it lives and waits on. The sweeps wake it more often anyway."""
LAST_JOB = 10_000
"""After so many jobs a worker makes room for a fresh one: what leaks ends with its process."""
_BELIEVED = frozenset(
    (
        *("data", "meta", "origin", "status", "description", "timeout", "ttl", "result_ttl", "failure_ttl"),
        *("created_at", "enqueued_at", "started_at", "ended_at", "last_heartbeat", "worker_name"),
    )
)
"""The fields of a job that a worker reads back; not those that name functions, addresses or other jobs."""


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
        ours = function == RUN_JOB and instance is None and named == {}
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


class Progress:
    """Since when a worker has been at its job: memory that it shares with its parent."""

    def __init__(self) -> None:
        self._since = mmap.mmap(-1, 8)

    def began(self) -> None:
        """A job begins."""
        struct.pack_into("d", self._since, 0, time.monotonic())

    def ended(self) -> None:
        """No job is under way."""
        struct.pack_into("d", self._since, 0, 0.0)

    def busy_s(self) -> float:
        """For how many seconds it has been at it; 0 when it waits for a job."""
        (since,) = struct.unpack_from("d", self._since, 0)
        return time.monotonic() - since if since else 0.0


class _Worker(SimpleWorker):
    """Works in its own process, so that it keeps its connections. Nobody commands it but its parent, by signals."""

    death_penalty_class = _Deadline
    max_connection_wait_time = 5.0  # RQ's own minute would leave work lying after Valkey is back

    def __init__(self, queue: Queue, *, name: str, connection: Redis, parent: int, progress: Progress) -> None:
        super().__init__(
            [queue],
            name=name,
            connection=connection,
            serializer=JSONSerializer,
            job_class=_Job,
            worker_ttl=WAITS_S + 15,  # RQ waits 15 seconds less than that
        )
        self._parent = parent
        self._progress = progress

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Do one job, under the request id of whoever woke it; what it binds to its context ends with it."""
        self._progress.began()
        try:
            return copy_context().run(self._perform, job, queue, execution)
        finally:
            self._progress.ended()

    def _perform(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with bound_request_id(job.get_meta(refresh=False).get("request_id")):
            return super().perform_job(job, queue, execution)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Who was cut off in the middle may have left something half done in this process: a fresh one goes on."""
        super().handle_exception(job, *exc_info)
        if isinstance(exc_info[1], JobOutOfTime):
            self._stop_requested = True

    def clean_registries(self) -> None:
        """Forget the jobs of workers that died. What somebody wrote into those lists must not end this one."""
        try:
            super().clean_registries()  # type: ignore[no-untyped-call] # RQ has no types there
        except (ValueError, TypeError, LookupError, ResponseError) as error:
            self.last_cleaned_at = clock.now()  # type: ignore[assignment] # RQ's own type says None for ever
            log.error("lists of jobs cannot be cleaned", why=repr(error))

    def clean_group_registries(self) -> None:
        """We have no groups of jobs."""

    def subscribe(self) -> None:
        """No thread that takes commands out of Valkey."""

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001 - RQ's signature
        """No switch in Valkey that stops all work."""

    def heartbeat(self, *arguments: Any, **named: Any) -> None:
        """Say that it lives, which RQ does in each round; an orphan ends here where the kernel does not end it."""
        if self.get_state() != WorkerStatus.BUSY and os.getppid() != self._parent:
            raise StopRequested
        super().heartbeat(*arguments, **named)

    def _install_signal_handlers(self) -> None:
        signal.signal(signal.SIGTERM, self.request_stop)

    def request_stop(self, _signum: int, _frame: Any) -> None:
        """End after the job at hand; at once when there is none."""
        self._stop_requested = True
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested


def work(service: str, pool: str, redis_url: str, *, parent: int, progress: Progress, burst: bool = False) -> None:
    """Work on one pool's queue until told to stop by SIGTERM, or until another process should go on.

    In a burst it ends when the queue is empty.
    """
    connection = Redis.from_url(redis_url, socket_connect_timeout=2)
    queue = Queue(queue_name(service, pool), connection=connection, serializer=JSONSerializer, job_class=_Job)
    name = f"{service}-{parent}-{pool}-{new_id('w')}"
    worker = _Worker(queue, name=name, connection=connection, parent=parent, progress=progress)
    worker.work(logging_level="WARNING", burst=burst, max_jobs=LAST_JOB)
