"""The sandbox's parts one by one: ports, secrets, environments, children and what an earlier run left."""

import importlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox import children, leftovers
from sandbox.children import Child, stop_all
from sandbox.databases import SERVICES, DatabaseUrls
from sandbox.ports import CannotStartError, choose_ports
from sandbox.settings import INNER, OFFSETS, WEBHOOK_EVENTS, Place, Secrets, service_env, stripe_env
from sandbox.stripe.settings import from_env as standin_settings
from sandbox.supervisor import Options, Supervisor
from services.billing.stripe_inbox.handle import HANDLERS
from shared.env import Env
from tests.support.free_ports import free_base


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(ports={part: 9000 + offset for part, offset in OFFSETS.items()}, state=tmp_path)


def test_a_taken_port_that_people_open_is_refused_in_a_sentence_that_says_how_to_move() -> None:
    base = free_base()
    with socket.create_server(("127.0.0.1", base + OFFSETS["queue"])), pytest.raises(CannotStartError) as refused:
        choose_ports(base)
    assert f"Port {base + 3} (queue) is taken" in str(refused.value)
    assert f"PORT_BASE={base + 1000}" in str(refused.value)


@pytest.mark.parametrize("part", INNER)
def test_a_taken_port_that_nobody_opens_moves_and_says_so(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    base = free_base()
    with socket.create_server(("127.0.0.1", base + OFFSETS[part])):
        ports = choose_ports(base)
    assert ports[part] != base + OFFSETS[part]
    assert str(ports[part]) in capsys.readouterr().out
    assert {p: n for p, n in ports.items() if p != part} == {p: base + n for p, n in OFFSETS.items() if p != part}


def test_secrets_are_the_same_at_each_start_and_nobody_else_reads_them(tmp_path: Path) -> None:
    first = Secrets(tmp_path)
    known = (first.get("link"), first.get("api_key", "psk_"), first.key("queue"), first.database_passwords)
    again = Secrets(tmp_path)
    assert (again.get("link"), again.get("api_key"), again.key("queue"), again.database_passwords) == known
    assert len(set(known[3].values())) == 2 * len(SERVICES)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_starts_with_the_environment_of_the_sandbox_alone(service: str, place: Place) -> None:
    urls = DatabaseUrls(owner="postgresql+psycopg://o:p@127.0.0.1:1/x", app="postgresql+psycopg://a:p@127.0.0.1:1/x")
    given = service_env(service, place, Secrets(place.state), urls, "redis://127.0.0.1:1/0")
    asked: set[str] = set()

    class Watched(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked.add(name)
            return super().get(name, default)

    settings = importlib.import_module(f"services.{service}.config").Settings.read(Env(Watched(given)))
    assert settings.common.public_url == f"http://localhost:{place.ports[service]}"
    assert set(given) <= asked, "a setting that nobody reads"


def test_each_pair_of_services_can_prove_who_calls(place: Place) -> None:
    urls = DatabaseUrls(owner="x", app="x")
    known = Secrets(place.state)
    env = {service: service_env(service, place, known, urls, "redis://x") for service in SERVICES}
    for service in SERVICES:
        peers = json.loads(env[service]["PEER_PUBLIC_KEYS"])
        assert set(peers) == set(SERVICES) - {service}
        assert all("d" not in key for key in peers.values())
        for peer, key in peers.items():
            assert key["x"] == json.loads(env[peer]["SERVICE_PRIVATE_KEY"])["x"]


def test_the_stand_in_sends_the_events_that_billing_acts_on(place: Place) -> None:
    settings = standin_settings(Env(stripe_env(place, Secrets(place.state))))
    assert settings.webhook_events == WEBHOOK_EVENTS
    assert set(WEBHOOK_EVENTS) == set(HANDLERS)


Spawn = Callable[..., Child]


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    started: list[Child] = []

    def one(name: str, code: str, **fields: object) -> Child:
        given: Mapping[str, object] = {"ready": lambda: True, "env": None, "mark": "-c", "quiet": True} | fields
        argv = [sys.executable, "-c", code]
        child = Child(name=name, argv=argv, log=tmp_path / f"{name}.log", **given)  # type: ignore[arg-type]
        started.append(child)
        child.start()
        return child

    yield one
    for child in started:
        child._kill_group()
        if child.process is not None:
            child.process.wait()


SLEEPS = "import time; time.sleep(60)"


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.02)


def test_who_dies_young_again_and_again_is_started_again_with_growing_pauses(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr(children, "time", SimpleNamespace(monotonic=lambda: now))
    child = spawn("weak", "raise SystemExit(3)")
    pauses = []
    for _ in range(7):
        assert child.process is not None
        child.process.wait()
        before, died = child.process, now
        while child.process is before:
            child.revive()
            now += 0.25
        pauses.append(now - 0.25 - died)
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10]
    said = capsys.readouterr().out
    assert "weak ended with status 3; starting it again in 0.5 s. Its log: " in said


def test_who_lived_long_is_started_again_at_once(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    child = spawn("strong", SLEEPS)
    first = child.process
    assert first is not None
    monkeypatch.setattr(children, "CALM_AFTER_S", -1.0)
    first.kill()
    first.wait()
    child.revive()
    assert child.process is not first
    assert child.running
    assert "strong was killed by SIGKILL; starting it again now" in capsys.readouterr().out


def test_the_forks_of_a_dead_process_are_ended_before_it_is_started_again(spawn: Spawn, tmp_path: Path) -> None:
    forks = "import os, time\npid = os.fork()\nif pid: open('fork', 'w').write(str(pid))\ntime.sleep(60)"
    child = spawn("forking", forks, cwd=str(tmp_path))
    until(lambda: (tmp_path / "fork").exists() and (tmp_path / "fork").read_text())
    fork = int((tmp_path / "fork").read_text())
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    child.revive()
    until(lambda: not Path(f"/proc/{fork}").exists() or "Z" in Path(f"/proc/{fork}/stat").read_text().split()[2])


def test_a_one_shot_that_ended_well_is_done_and_stays_ended(spawn: Spawn) -> None:
    child = spawn("once", "print('made')", once=True)
    assert child.process is not None
    child.process.wait()
    child.revive()
    assert child.done
    assert not child.running
    assert not child.failed
    until(lambda: child.last_words() == "made")
    assert child.log.read_text() == "made\n"


def test_the_last_group_stops_first_and_who_does_not_stop_is_killed(
    spawn: Spawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(children, "STOP_WITHIN_S", 1.0)
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    open('ends', 'a').write('{0} ')\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    deaf_code = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    database = spawn("database", code.format("database"), cwd=str(tmp_path))
    web = spawn("web", code.format("web"), cwd=str(tmp_path))
    deaf = spawn("deaf", deaf_code)
    until(lambda: all(child.last_words() == "up" for child in (database, web, deaf)))
    stop_all([[database], [deaf, web]])
    assert (tmp_path / "ends").read_text() == "web database "
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL
    assert "deaf did not stop in time; killed." in capsys.readouterr().out


def test_in_a_hurry_nobody_is_waited_for(spawn: Spawn) -> None:
    deaf = spawn("deaf", "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)")
    began = time.monotonic()
    stop_all([[deaf]], hurry=lambda: True)
    assert not deaf.running
    assert time.monotonic() - began < 2


def test_what_a_killed_supervisor_left_is_ended_and_a_stranger_with_its_pid_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left, stranger = (subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True) for _ in range(2))
    try:
        leftovers.note(tmp_path, "queue-web", left.pid, "time.sleep(60)")
        leftovers.note(tmp_path, "billing-web", stranger.pid, "-m services.billing")
        leftovers.note(tmp_path, "long-gone", 2**22 + 1, "-m services.billing")
        until(lambda: leftovers.still_running(tmp_path / "queue-web.pid"))  # a fresh one has no command line yet
        leftovers.end_leftovers(tmp_path)
        assert left.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
        assert "Ending what an earlier start left running: queue-web." in capsys.readouterr().out
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_a_leftover_is_known_again_where_there_is_no_proc_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)
    command = leftovers._command_of(os.getpid())
    assert "python" in command or "pytest" in command


def test_a_demo_that_fails_is_told_and_the_product_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(Options(port_base=free_base(), state=tmp_path, quiet=True, demo=True))
    supervisor._clear_the_way()
    supervisor._demo()
    said = capsys.readouterr().out
    assert "The demo data is not complete; everything else runs." in said
    assert "Demo data is incomplete: " in (tmp_path / "logs" / "demo.log").read_text()
    supervisor._demo()
    assert capsys.readouterr().out == "", "tried once for each state folder"
