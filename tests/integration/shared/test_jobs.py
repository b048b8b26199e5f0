"""Background work on real Valkey: woken soon, inert when it is not ours, found again when the wake-up was lost."""

import json
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

from sandbox.embedded import free_port, start_valkey
from shared import jobs
from shared.jobs import JobOutOfTime, JobQueue, _Deadline
from shared.telemetry import bound_request_id
from tests.support.odd_service import NAME
from tests.support.peer import running_peer

ROOT = Path(__file__).parents[3]


@pytest.fixture
def redis(valkey_server: str) -> Iterator[Redis]:
    client = Redis.from_url(valkey_server)
    client.flushall()
    yield client
    client.flushall()
    client.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def service(redis: Redis, valkey_server: str) -> Iterator[JobQueue]:  # noqa: ARG001 - an empty Valkey
    queue = JobQueue(valkey_server, NAME)
    yield queue
    queue._redis.close()


def seen(notes: Path) -> list[str]:
    return notes.read_text().splitlines() if notes.exists() else []


def words(notes: Path) -> list[str]:
    return [line.rsplit(" ", 1)[0] for line in seen(notes)]


def command(process: str, url: str, notes: Path) -> list[str]:
    return [sys.executable, "-m", "tests.support.odd_service", process, url, str(notes)]


def work(url: str, notes: Path) -> list[dict[str, Any]]:
    """A worker until its queue is empty; what it logged. It must end well, whatever lay in the queue."""
    ended = subprocess.run(
        command("burst", url, notes), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


@contextmanager
def running(process: str, url: str, notes: Path) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(command(process, url, notes), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        assert started.wait(15) == 0


def until(condition: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return found


def test_a_job_is_done_with_its_ids_and_under_the_request_that_woke_it(
    service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with bound_request_id("req_of_the_customer"):
        service.enqueue("note", "tkt_1", "msg_1")
    work(valkey_server, notes)
    assert seen(notes) == ["tkt_1 msg_1 req_of_the_customer"]


def test_what_lies_in_valkey_is_json_and_never_a_pickle(service: JobQueue, redis: Redis) -> None:
    service.enqueue("note", "tkt_1")
    [key] = redis.keys("rq:job:*")
    stored = Job.fetch(key.decode().removeprefix("rq:job:"), connection=redis, serializer=JSONSerializer)
    assert json.loads(stored.data) == ["shared.jobs.run_job", None, ["odd", "note", "tkt_1"], {}]


def test_a_refusal_is_information_and_the_worker_goes_on(
    service: JobQueue, redis: Redis, valkey_server: str, notes: Path
) -> None:
    service.enqueue("refuse")
    service.enqueue("note", "after")
    logged = work(valkey_server, notes)
    assert words(notes) == ["refuse", "after"]
    [refusal] = [line for line in logged if line["event"] == "job refused"]
    assert (refusal["level"], refusal["code"], refusal["why"]) == ("info", "odd_refusal", "Not today.")
    assert not Queue(NAME, connection=redis).failed_job_registry.get_job_ids(cleanup=False)


def test_a_bug_or_a_killed_job_takes_neither_the_worker_nor_the_next_job_along(
    service: JobQueue, redis: Redis, valkey_server: str, notes: Path
) -> None:
    for job in ("fail", "die"):
        service.enqueue(job)
    service.enqueue("note", "after")
    work(valkey_server, notes)
    assert words(notes) == ["fail", "die", "after"]
    assert len(Queue(NAME, connection=redis).failed_job_registry.get_job_ids(cleanup=False)) == 2


def test_a_job_that_catches_every_failure_still_ends_when_its_time_is_up() -> None:
    def stubborn_job() -> None:
        with _Deadline(1, JobTimeoutException):
            while True:
                with suppress(Exception):
                    threading.Event().wait(5)

    with pytest.raises(JobOutOfTime):
        stubborn_job()


def test_a_job_that_nobody_wrote_fails_and_the_next_is_done(service: JobQueue, valkey_server: str, notes: Path) -> None:
    for job in ("vanished", "Path", "stand_as_service", "__import__", "_Refusal"):
        service.enqueue(job)
    service.enqueue("note", "after")
    work(valkey_server, notes)
    assert words(notes) == ["after"]


def push(redis: Redis, data: bytes, /, **fields: Any) -> None:
    """What somebody who can write into Valkey, and nowhere else, would do."""
    name = f"evil-{time.monotonic_ns()}"
    redis.hset(
        f"rq:job:{name}",
        mapping={
            "data": data, "origin": NAME, "status": "queued", "timeout": "20",
            "created_at": "2026-11-22T10:00:00Z", "enqueued_at": "2026-11-22T10:00:00Z", **fields,
        },
    )  # fmt: skip
    redis.sadd("rq:queues", f"rq:queue:{NAME}")
    redis.rpush(f"rq:queue:{NAME}", name)


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def ours(*arguments: Any) -> bytes:
    return json.dumps(["shared.jobs.run_job", None, list(arguments), {}]).encode()


def test_a_function_that_somebody_wrote_into_valkey_is_not_run(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    shell = f"touch {touched}"
    push(redis, json.dumps(["os.system", None, [shell], {}]).encode())
    push(redis, json.dumps(["subprocess.getoutput", None, [shell], {}]).encode())
    push(redis, json.dumps(["shared.jobs.os.system", None, [shell], {}]).encode())
    push(redis, json.dumps([{"a": 1}, None, [shell], {}]).encode())
    push(redis, json.dumps(["format", "{0.__class__}", [shell], {}]).encode())
    push(redis, ours("os", "system", shell))
    push(redis, ours("odd.jobs.os", "system", shell))
    push(redis, ours(NAME, "os.system", shell))
    push(redis, ours(NAME, {"a": 1}, [shell]))
    push(redis, ours())
    service.enqueue("note", "after")
    work(valkey_server, notes)
    assert words(notes) == ["after"]
    assert not touched.exists()


def test_a_pickle_that_somebody_wrote_into_valkey_is_not_opened(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    evil = pickle.dumps(Evil(touched))
    push(redis, evil)
    push(redis, ours(NAME, "note", "seen"), meta=evil, result=evil)
    service.enqueue("note", "after")
    work(valkey_server, notes)
    assert words(notes)[-1] == "after"
    assert not touched.exists()


@pytest.mark.parametrize("callback", ["success", "failure"])
def test_a_callback_that_somebody_hung_on_a_job_of_ours_is_not_called(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path, callback: str
) -> None:
    """RQ would call any function with the job: one of its own here, that leaves a trace."""
    fields = {f"{callback}_callback_name": "tests.support.odd_service.note_the_callback"}
    push(redis, ours(NAME, "note", "kept"), **fields)
    push(redis, ours(NAME, "fail"), **fields)
    service.enqueue("note", "after")
    work(valkey_server, notes)
    assert "called back" not in words(notes)
    assert words(notes)[-1] == "after"


def test_nobody_is_called_by_a_web_hook_that_somebody_hung_on_a_job(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running_peer() as stranger:
        hook = json.dumps([{"url": stranger.url, "job_status": "finished", "method": "POST"}])
        push(redis, ours(NAME, "note", "kept"), webhooks=hook)
        service.enqueue("note", "after")
        work(valkey_server, notes)
        assert stranger.told == []
    assert words(notes)[-1] == "after"


@pytest.mark.parametrize(
    "field",
    [
        {"timeout": "soon"}, {"created_at": "yesterday"}, {"status": "dancing"}, {"retries_left": "x"},
        {"dependency_ids": "{"}, {"meta": "[]"}, {"meta": '{"request_id": {"a": 1}}'}, {"ttl": "x"},
        {"origin": "another"}, {"data": b"\xff\xfe"}, {"data": b""}, {"data": b"[]"},
    ],
    ids=str,
)  # fmt: skip
def test_a_broken_job_is_dropped_and_the_next_is_done(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path, field: dict[str, Any]
) -> None:
    push(redis, ours(NAME, "note", "broken"), **field)
    service.enqueue("note", "after")
    work(valkey_server, notes)
    assert words(notes)[-1:] == ["after"]


def test_waking_a_job_while_valkey_is_away_raises_nothing_and_costs_no_time() -> None:
    away = JobQueue(f"redis://127.0.0.1:{free_port()}/0", NAME)
    began = time.monotonic()
    for _ in range(20):
        away.enqueue("note", "tkt_1")
    assert time.monotonic() - began < 1


def test_a_valkey_that_hangs_is_waited_for_once(redis: Redis, service: JobQueue) -> None:
    redis.ping()
    redis.execute_command("CLIENT", "PAUSE", "1500", "ALL")
    began = time.monotonic()
    for _ in range(20):
        service.enqueue("note", "tkt_1")
    took = time.monotonic() - began
    until(redis.ping)
    assert took < 1.4


def test_jobs_are_woken_again_when_valkey_is_back(tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    queue = JobQueue(f"redis://127.0.0.1:{port}/0", NAME)
    queue.enqueue("note", "lost")
    server = start_valkey(tmp_path, port)
    try:
        monkeypatch.setattr(jobs, "AWAY_S", 0.0)
        queue._away_until = 0.0
        queue.enqueue("note", "woken")
        work(server.url, notes)
    finally:
        queue._redis.close()
        server.stop()
    assert words(notes) == ["woken"]


def test_a_worker_lives_through_an_emptied_valkey(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes):
        service.enqueue("note", "before")
        until(lambda: words(notes) == ["before"])
        redis.flushall()
        service.enqueue("note", "after")
        until(lambda: words(notes) == ["before", "after"])


def test_the_scheduler_wakes_each_sweep_at_its_interval(redis: Redis, valkey_server: str, notes: Path) -> None:
    def names() -> list[str]:
        ids = Queue(NAME, connection=redis, serializer=JSONSerializer).job_ids
        keys = [job_id for job_id in ids if redis.exists(f"rq:job:{job_id}")]
        return [Job.fetch(key, connection=redis, serializer=JSONSerializer).args[1] for key in keys]

    with running("scheduler", valkey_server, notes):
        until(lambda: sorted(names()) == ["note", "refuse"])
        woken = lambda: redis.llen(f"rq:queue:{NAME}")  # noqa: E731 - read again and again
        began = time.monotonic()
        until(lambda: woken() == 4)
        assert 1.5 < time.monotonic() - began < 4
        assert names().count("refuse") == 1


def test_a_sweep_that_no_worker_took_before_its_next_turn_is_discarded(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    for _ in range(5):
        service.enqueue("note", "stale", discard_after_s=1)
    service.enqueue("note", "fresh", discard_after_s=60)
    until(lambda: len(redis.keys("rq:job:*")) == 1)
    work(valkey_server, notes)
    assert words(notes) == ["fresh"]


def test_two_schedulers_at_once_do_no_harm(redis: Redis, valkey_server: str, notes: Path) -> None:
    with running("scheduler", valkey_server, notes), running("scheduler", valkey_server, notes):
        until(lambda: redis.llen(f"rq:queue:{NAME}") >= 4)
    work(valkey_server, notes)
    assert words(notes).count("refuse") == 2


def test_outside_of_a_worker_there_is_no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs._Bound, "context", None)
    with pytest.raises(RuntimeError, match="runs no jobs"):
        jobs.context()
