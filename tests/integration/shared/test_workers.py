"""The worker processes on real Valkey: wounded in each way, they go on; told to stop, they end what they are at."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from sandbox.embedded import free_port, start_valkey
from shared import jobs
from shared.jobs import JobQueue, queue_name
from tests.support.odd_process import ROOT, command, running, until, words
from tests.support.odd_service import NAME, stand_as_service
from tests.support.odd_world import notes, redis, service

__all__ = ["notes", "redis", "service"]
stand_as_service()
linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")


def who(service: JobQueue, notes: Path, *, not_: int = 0) -> tuple[int, int, int]:
    """The worker's process in the pool `mail` (another than that), the one that made its context, and its parent."""

    def answer() -> tuple[int, int, int] | None:
        service.enqueue("who")  # again and again: a wake-up that a dying worker took is lost, until the next sweep
        time.sleep(0.2)
        said = [line.split()[1:] for line in words(notes) if line.startswith("who ")]
        found = [(int(pid), int(maker), int(parent)) for pid, maker, parent in said]
        return found[-1] if found and found[-1][0] != not_ else None

    answered: tuple[int, int, int] = until(answer)
    return answered


def lives(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def log_of(notes: Path) -> str:
    return notes.with_name("log").read_text()


def test_a_worker_keeps_its_process_and_makes_its_context_there(
    service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes, "mail") as parent:
        first, second = who(service, notes), who(service, notes)
    assert first == second
    pid, maker, its_parent = first
    assert its_parent == parent.pid
    assert pid == maker != parent.pid, "no connection of the parent comes through the fork"


def test_a_long_job_holds_up_its_own_pool_only(service: JobQueue, valkey_server: str, notes: Path) -> None:
    with running("worker", valkey_server, notes):
        service.enqueue("take", "2")
        until(lambda: "began 2" in words(notes))
        service.enqueue("note", "meanwhile")
        until(lambda: "ended 2" in words(notes))
    said = words(notes)
    assert said.index("meanwhile") < said.index("ended 2")


def test_a_parent_works_on_the_pools_that_it_is_given_and_wakes_only_their_sweeps(
    service: JobQueue, redis: Redis, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes, "mail"):
        service.enqueue("note", "not for you")
        service.enqueue("write", "for you")
        until(lambda: words(notes) == ["for you"])
        time.sleep(1.2)
    assert words(notes) == ["for you"]
    assert redis.llen(f"rq:queue:{queue_name(NAME, 'sweep')}") == 1


def test_a_pool_that_no_job_names_is_refused_in_a_sentence(valkey_server: str, notes: Path) -> None:
    asked = command("worker", valkey_server, notes, "mail", "pigeons")
    ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "odd has no pool pigeons. It has: mail, sweep." in ended.stderr


def test_a_killed_child_is_replaced_and_the_next_job_is_done(
    service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes, "mail"):
        victim, _, parent = who(service, notes)
        os.kill(victim, signal.SIGKILL)
        _, _, same_parent = who(service, notes, not_=victim)
    assert same_parent == parent
    assert "killed by SIGKILL" in log_of(notes)


@pytest.mark.parametrize("end", ["die", "leave"])
def test_a_job_that_ends_its_process_takes_no_other_job_along(
    service: JobQueue, redis: Redis, valkey_server: str, notes: Path, end: str
) -> None:
    with running("worker", valkey_server, notes, "mail"):
        for _ in range(3):
            service.enqueue(end)
        service.enqueue("write", "after")
        until(lambda: "after" in words(notes))
    assert words(notes) == [end, end, end, "after"], "each once: whether it is tried again is for its sweep to say"
    assert not redis.llen(f"rq:queue:{queue_name(NAME, 'mail')}")


def test_a_job_that_is_out_of_time_is_cut_off_and_another_process_goes_on(
    service: JobQueue, redis: Redis, valkey_server: str, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running("worker", valkey_server, notes, "mail"):
        before, *_ = who(service, notes)
        monkeypatch.setattr(jobs, "JOB_TIMEOUT_S", 1)
        service.enqueue("take", "100")
        until(lambda: Queue(queue_name(NAME, "mail"), connection=redis).failed_job_registry.get_job_ids(cleanup=False))
        who(service, notes, not_=before)
    assert "JobOutOfTime" in log_of(notes)


def test_a_job_that_hears_no_alarm_is_ended_by_the_parent(service: JobQueue, valkey_server: str, notes: Path) -> None:
    with running("hasty", valkey_server, notes, "mail"):
        service.enqueue("be_deaf")
        service.enqueue("write", "after")
        until(lambda: words(notes) == ["deaf", "after"])
    assert "a job does not end" in log_of(notes)


def test_told_to_stop_the_workers_end_their_jobs_and_leave_the_rest(
    service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes, "mail") as parent:
        service.enqueue("take", "1")
        service.enqueue("write", "later")
        until(lambda: "began 1" in words(notes))
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(10) == 0
    assert words(notes) == ["began 1", "ended 1"]
    assert "did not end in time" not in log_of(notes)


def test_told_to_stop_the_parent_does_not_wait_for_ever(service: JobQueue, valkey_server: str, notes: Path) -> None:
    with running("hasty", valkey_server, notes, "mail") as parent:
        service.enqueue("be_deaf")
        until(lambda: words(notes) == ["deaf"])
        parent.send_signal(signal.SIGINT)
        assert parent.wait(10) == 0
    assert "did not end in time" in log_of(notes)


@linux
def test_the_children_of_a_killed_parent_end_their_job_and_go(
    service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes) as parent:
        child, *_ = who(service, notes)
        children = [int(pid) for pid in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()]
        assert child in children
        assert len(children) == 2, "one for each pool"
        service.enqueue("take", "1")
        until(lambda: "began 1" in words(notes))
        parent.kill()
        parent.wait()
        until(lambda: not any(lives(pid) for pid in children))
    assert "ended 1" in words(notes)


def test_workers_live_through_an_emptied_valkey(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes, "mail"):
        before, *_ = who(service, notes)
        redis.flushall()
        assert who(service, notes)[0] == before


def test_nobody_stops_the_workers_by_writing_into_valkey(
    redis: Redis, service: JobQueue, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes, "mail"):
        before, *_ = who(service, notes)
        [worker] = redis.smembers("rq:workers")
        redis.set("rq:suspended", 1)
        redis.publish(worker.decode().replace("rq:worker:", "rq:pubsub:"), b'{"command": "shutdown"}')
        redis.set("rq:groups", "not a set")
        redis.sadd("rq:rl-keys", "evil")
        redis.hset("rq:rl:evil", "concurrency", "many")
        assert who(service, notes)[0] == before
        os.kill(before, signal.SIGKILL)
        assert who(service, notes, not_=before), "a new worker cleans those lists first"
    assert "unhandled exception" not in log_of(notes)


def test_a_killed_valkey_that_comes_back_finds_the_workers_and_their_sweeps(tmp_path: Path, notes: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with running("worker", url, notes):  # Valkey is away when they start
        time.sleep(1)
        server = start_valkey(tmp_path, port)
        try:
            until(lambda: {"refuse", "daily", "tick"} <= set(words(notes)), 40)
            server.process.kill()
            server.process.wait()
            before = len(words(notes))
            server = start_valkey(tmp_path, port)
            queue = JobQueue(url, NAME)
            until(lambda: queue.enqueue("write", "again"))
            queue._redis.close()
            until(lambda: {"again", "tick"} <= set(words(notes)[before:]), 40)
        finally:
            server.stop()
    assert words(notes).count("refuse") == 1, "an hour has not gone by"


def test_each_sweep_is_woken_at_the_start_and_then_by_its_schedule(
    redis: Redis, valkey_server: str, notes: Path
) -> None:
    with running("worker", valkey_server, notes, "sweep"):
        began = time.monotonic()
        until(lambda: words(notes).count("tick") == 4)
        assert 1.8 < time.monotonic() - began < 8
    assert words(notes).count("refuse") == words(notes).count("daily") == 1
    assert not redis.llen(f"rq:queue:{queue_name(NAME, 'sweep')}")


@pytest.mark.usefixtures("redis")
def test_two_parents_at_once_wake_each_turn_once(valkey_server: str, notes: Path) -> None:
    began = time.monotonic()
    with running("worker", valkey_server, notes, "sweep"), running("worker", valkey_server, notes, "sweep"):
        until(lambda: words(notes).count("tick") >= 6)
    # A turn is a second of the clock: in 4.1 seconds one sees up to six. Woken twice each, six would take two.
    assert words(notes).count("tick") <= time.monotonic() - began + 2
    assert words(notes).count("refuse") == 1
