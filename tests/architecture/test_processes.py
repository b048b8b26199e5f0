"""What a service says it consists of is what the sandbox runs and what Compose runs; whoever is woken exists."""

import ast
import inspect

import pytest

from sandbox.databases import SERVICES as SANDBOX_DATABASES
from sandbox.processes import SERVICE_ONE_SHOTS, SERVICE_PROCESSES, stages
from shared.jobs import JobQueue, jobs_of, marks_of, pools_of, queue_name, schedule_of
from shared.schedule import Every
from tests.support.declared import ROOT, calls, compose, part, sources
from tests.support.settings import SERVICES

WAKES = {"wake_after_commit": 1, "wake": 1}
"""Functions that wake a job, and which of their arguments names it."""

POOLS = {"stripe", "mail", "relay", "sweep", "books"}
"""Kinds of work that must not wait for each other."""


def processes(service: str) -> set[str]:
    return set(part(service, "__main__").PROCESSES)


def commands(service: str) -> dict[str, list[str]]:
    """The processes of a service in Compose, by the name of the container."""
    found = {name: one.get("command") or [] for name, one in compose()["services"].items()}
    return {name: command for name, command in found.items() if f"services.{service}" in command}


def test_every_service_folder_is_a_service_that_the_sandbox_and_the_tests_know() -> None:
    folders = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}
    assert folders == set(SERVICES) == set(SANDBOX_DATABASES) == set(SERVICE_PROCESSES) == set(SERVICE_ONE_SHOTS)


@pytest.mark.parametrize("service", SERVICES)
def test_the_sandbox_runs_every_process_of_a_service_and_no_other(service: str) -> None:
    listed = [*SERVICE_PROCESSES[service], *SERVICE_ONE_SHOTS[service]]
    assert sorted(listed) == sorted(processes(service))
    started = [one.arguments[0] for stage in stages() for one in stage if one.module == f"services.{service}"]
    assert sorted(started) == sorted(listed)


@pytest.mark.parametrize("service", SERVICES)
def test_compose_runs_every_process_of_a_service_and_no_other(service: str) -> None:
    expected = {f"{service}-{name}": ["python", "-m", f"services.{service}", name] for name in processes(service)}
    assert commands(service) == expected


@pytest.mark.parametrize("service", SERVICES)
def test_compose_ends_what_runs_once_and_restarts_what_runs_on(service: str) -> None:
    for name, one in compose()["services"].items():
        if name.startswith(f"{service}-"):
            once = name.removeprefix(f"{service}-") in SERVICE_ONE_SHOTS[service]
            assert (one["restart"] == "unless-stopped") is not once, name


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_woken_has_workers_for_all_its_pools(service: str) -> None:
    """Started without a word after it, as the sandbox and Compose do, the process works on every pool."""
    worker = part(service, "__main__").PROCESSES["worker"]
    assert [one.kind for one in inspect.signature(worker).parameters.values()] == [inspect.Parameter.VAR_POSITIONAL]
    assert set(pools_of(service)) <= POOLS


@pytest.mark.parametrize("service", SERVICES)
def test_each_job_is_woken_in_the_queue_that_the_workers_of_its_pool_read(service: str) -> None:
    queues = {name: queue.name for name, queue in JobQueue("redis://127.0.0.1:1", service)._queues.items()}
    assert queues == {name: queue_name(service, mark.pool) for name, mark in marks_of(service).items()}
    assert {mark.pool for mark in marks_of(service).values()} == set(pools_of(service))


@pytest.mark.parametrize("service", SERVICES)
def test_each_sweep_is_a_job_without_arguments(service: str) -> None:
    for name in schedule_of(service):
        assert not inspect.signature(jobs_of(service)[name]).parameters
    relay = schedule_of(service)["relay_outbox"]
    assert isinstance(relay, Every)
    assert relay.seconds <= 30, "a minute after a fault nothing is pending"


@pytest.mark.parametrize("service", SERVICES)
def test_whoever_is_woken_exists_and_takes_what_it_is_given(service: str) -> None:
    jobs = jobs_of(service)
    for path, tree in sources("services").items():
        if path.parts[1] != service:
            continue
        for wake, position in WAKES.items():
            for call in calls(tree, wake):
                name = ast.literal_eval(call.args[position])
                assert name in jobs, f"{path} wakes {name}, which is no job of {service}"
                given = len(call.args) - position - 1
                inspect.signature(jobs[name]).bind(*[""] * given)


@pytest.mark.parametrize("service", SERVICES)
def test_a_job_takes_texts(service: str) -> None:
    """Valkey keeps ids and names, as JSON: nothing there that would have to be trusted or migrated."""
    for name, job in jobs_of(service).items():
        for argument in inspect.signature(job).parameters.values():
            assert argument.annotation in {str, "str"}, f"{name}: ids are texts"
