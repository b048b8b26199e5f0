"""Background work on real Valkey: woken soon, inert when it is not ours, found again when the wake-up was lost."""

import json
import pickle
import threading
import time
from contextlib import suppress
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
from shared.jobs import JobQueue, queue_name
from shared.rq_worker import JobOutOfTime, _Deadline
from shared.telemetry import bound_request_id
from tests.support.odd_process import seen, until, words, work
from tests.support.odd_service import NAME, stand_as_service
from tests.support.odd_world import notes, redis, service
from tests.support.peer import running_peer

__all__ = ["notes", "redis", "service"]
stand_as_service()
SWEEP, MAIL = queue_name(NAME, "sweep"), queue_name(NAME, "mail")


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
    assert not Queue(SWEEP, connection=redis).failed_job_registry.get_job_ids(cleanup=False)


def test_a_bug_takes_neither_the_worker_nor_the_next_job_along(
    service: JobQueue, redis: Redis, valkey_server: str, notes: Path
) -> None:
    service.enqueue("fail")
    service.enqueue("write", "after")
    work(valkey_server, notes)
    assert words(notes) == ["fail", "after"]
    assert len(Queue(MAIL, connection=redis).failed_job_registry.get_job_ids(cleanup=False)) == 1


def test_a_wake_up_waits_in_the_queue_of_its_pool(service: JobQueue, redis: Redis) -> None:
    for job in ("note", "refuse", "write", "note"):
        service.enqueue(job)
    assert {key.decode() for key in redis.smembers("rq:queues")} == {f"rq:queue:{SWEEP}", f"rq:queue:{MAIL}"}
    assert (redis.llen(f"rq:queue:{SWEEP}"), redis.llen(f"rq:queue:{MAIL}")) == (3, 1)


def test_what_a_job_binds_to_the_log_ends_with_it(service: JobQueue, valkey_server: str, notes: Path) -> None:
    for job in ("bind", "show_bound"):
        service.enqueue(job)
    work(valkey_server, notes)
    assert words(notes) == ["bound nothing"]


def test_a_job_that_catches_every_failure_still_ends_when_its_time_is_up() -> None:
    def stubborn_job() -> None:
        with _Deadline(1, JobTimeoutException):
            while True:
                with suppress(Exception):
                    threading.Event().wait(5)

    with pytest.raises(JobOutOfTime):
        stubborn_job()


def test_a_job_that_nobody_wrote_fails_and_the_next_is_done(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    for job in ("vanished", "Path", "stand_as_service", "__import__", "_Refusal"):
        push(redis, ours(NAME, job))
    service.enqueue("note", "after")
    work(valkey_server, notes)
    assert words(notes) == ["after"]


def push(redis: Redis, data: bytes, /, **fields: Any) -> None:
    """What somebody who can write into Valkey, and nowhere else, would do."""
    name = f"evil-{time.monotonic_ns()}"
    redis.hset(
        f"rq:job:{name}",
        mapping={
            "data": data, "origin": SWEEP, "status": "queued", "timeout": "20",
            "created_at": "2026-11-22T10:00:00Z", "enqueued_at": "2026-11-22T10:00:00Z", **fields,
        },
    )  # fmt: skip
    redis.sadd("rq:queues", f"rq:queue:{SWEEP}")
    redis.rpush(f"rq:queue:{SWEEP}", name)


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
        assert not away.enqueue("note", "tkt_1")
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


def test_a_sweep_that_no_worker_took_before_its_next_turn_is_discarded(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    for _ in range(5):
        service.enqueue("note", "stale", discard_after_s=1)
    service.enqueue("note", "fresh", discard_after_s=60)
    until(lambda: len(redis.keys("rq:job:*")) == 1)
    work(valkey_server, notes)
    assert words(notes) == ["fresh"]


def test_a_turn_of_a_sweep_is_woken_once_and_known_for_its_minute(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    for turn in ("20261122-0630", "20261122-0630", "20261123-0630"):
        assert service.enqueue("count_the_day", turn=turn)
    work(valkey_server, notes)
    assert service.enqueue("count_the_day", turn="20261122-0630")
    work(valkey_server, notes)
    assert words(notes) == ["daily", "daily"]
    assert 50 < redis.ttl(f"rq:job:{NAME}-count_the_day-20261122-0630") <= 60


def test_outside_of_a_worker_there_is_no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs._Bound, "context", None)
    with pytest.raises(RuntimeError, match="runs no jobs"):
        jobs.context()
