"""Runs the whole product on this machine: starts all parts in order, keeps them alive, stops them in order."""

import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sandbox import terminal
from sandbox.children import Child, stop_all
from sandbox.databases import DatabaseUrls, create_databases
from sandbox.embedded import (
    Launch,
    forget_postgres,
    free_port,
    postgres_answers,
    postgres_launch,
    stop_leftover_postgres,
    valkey_answers,
    valkey_launch,
)
from sandbox.processes import Part, stages
from sandbox.settings import INNER, OFFSETS, Place, Secrets, service_env, signin_env, stripe_env
from sandbox.summary import first_steps, write_json

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 90.0
_TICK_S = 0.05


class CannotStartError(SystemExit):
    """The sandbox does not start; the sentence says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line and the environment say."""

    port_base: int
    state: Path
    quiet: bool
    demo: bool


def up(options: Options) -> None:
    """Run everything until Ctrl-C or SIGTERM."""
    lock = _lock(options.state)
    supervisor = Supervisor(options)
    try:
        supervisor.run()
    finally:
        lock.close()


def reset(state: Path) -> None:
    """Forget all that was stored. Refuses while the sandbox runs."""
    if not state.exists():
        terminal.say(f"There is nothing to forget: {state} does not exist.")
        return
    lock = _lock(state)
    stop_leftover_postgres(state)
    forget_postgres(state)
    shutil.rmtree(state)
    lock.close()
    terminal.say(f"Forgotten: {state}.")


def _lock(state: Path) -> IO[str]:
    """Hold the state folder: two supervisors on one folder would fight for its data."""
    state.mkdir(parents=True, exist_ok=True)
    handle = (state / "lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStartError(
            f"The product runs already on {state}. Stop it there with Ctrl-C, or name another folder: SANDBOX_STATE=..."
        ) from None
    return handle


def choose_ports(base: int) -> dict[str, int]:
    """The port of each part. A part that people open keeps its port or stops the start; an inner one moves."""
    ports = {}
    for part, offset in OFFSETS.items():
        port = base + offset
        if not _free(port):
            if part not in INNER:
                raise CannotStartError(
                    f"Port {port} ({part}) is taken by another program. Stop that program, or move all ports: "
                    f"make run PORT_BASE={base + 1000}"
                )
            port = free_port()
            terminal.say(f"Port {base + offset} ({part}) is taken; {port} is used instead.")
        ports[part] = port
    return ports


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _http_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own number
    except (urllib.error.URLError, OSError):
        return False


class Supervisor:
    """One run of the sandbox."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.place = Place(ports=choose_ports(options.port_base), state=options.state)
        self.secrets = Secrets(options.state)
        self.groups: list[list[Child]] = []
        self.databases: dict[str, DatabaseUrls] = {}
        self.redis_url = ""
        self.stopping = False
        self._logs = options.state / "logs"

    def run(self) -> None:
        """Start, watch, stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        began = time.monotonic()
        try:
            self._start(began)
            while not self.stopping:
                for group in self.groups:
                    for child in group:
                        child.revive()
                time.sleep(_TICK_S * 4)
        finally:
            terminal.say("Stopping ...")
            stop_all(self.groups)
            terminal.say("Stopped. `make run` finds the data again, `make reset` forgets it.")

    def _stop(self, *_: Any) -> None:
        self.stopping = True

    def _start(self, began: float) -> None:
        shutil.rmtree(self._logs, ignore_errors=True)
        self._logs.mkdir(parents=True)
        self._start_servers()
        for stage in stages():
            if self.stopping:
                return
            self._start_group([self._child(part) for part in stage])
        if self.stopping:
            return
        write_json(self.place, self.secrets, self.databases, self.redis_url)
        self._demo()
        terminal.say(first_steps(self.place, time.monotonic() - began))

    def _start_servers(self) -> None:
        """Postgres and Valkey; POSTGRES_URL (a superuser's) and REDIS_URL of the environment replace them."""
        own_postgres, own_valkey = os.environ.get("POSTGRES_URL"), os.environ.get("REDIS_URL")
        group = []
        if not own_postgres:
            stop_leftover_postgres(self.place.state)
            launch = postgres_launch(self.place.state, self.place.ports["postgres"], max_connections=200)
            own_postgres = launch.url
            group.append(self._server(launch, lambda: postgres_answers(launch.url)))
        if not own_valkey:
            valkey = valkey_launch(self.place.state, self.place.ports["valkey"])
            own_valkey = valkey.url
            group.append(self._server(valkey, lambda: valkey_answers(valkey)))
        self._start_group(group)
        if not self.stopping:
            self.databases = create_databases(own_postgres, self.secrets.database_passwords)
        self.redis_url = own_valkey

    def _start_group(self, group: list[Child]) -> None:
        """Start all of them at once and wait until each is ready."""
        self.groups.append(group)
        for child in group:
            child.start()
        waiting, deadline = list(group), time.monotonic() + READY_WITHIN_S
        while waiting and not self.stopping:
            for child in [child for child in waiting if child.done]:
                waiting.remove(child)
                terminal.say(f"  {'done ' if child.once else 'ready'}  {child.name}")
            for child in waiting:
                self._check(child, deadline)
            time.sleep(_TICK_S)

    @staticmethod
    def _check(child: Child, deadline: float) -> None:
        if child.failed:
            time.sleep(_TICK_S * 2)  # its last words are still on their way
            raise CannotStartError(f"{child.name} did not start. It said:\n{child.last_words()}")
        if time.monotonic() > deadline:
            raise CannotStartError(f"{child.name} was not ready within {READY_WITHIN_S:.0f} s. See {child.log}.")

    def _server(self, launch: Launch, ready: Callable[[], bool]) -> Child:
        return Child(
            name=launch.name,
            argv=launch.argv,
            env=None,
            log=self._logs / f"{launch.name}.log",
            ready=ready,
            quiet=True,
            stop_signal=launch.stop_signal,
            identity=launch.identity,
            cwd="/",
        )

    def _child(self, part: Part) -> Child:
        address = self.place.inner(part.http) if part.http else None
        return Child(
            name=part.name,
            argv=[sys.executable, "-m", part.module, *part.arguments, *self._arguments(part)],
            env=self._environment(part),
            log=self._logs / f"{part.name}.log",
            ready=(lambda: _http_ready(address)) if address else (lambda: True),
            once=part.once,
            quiet=self.options.quiet,
            cwd=str(ROOT),
        )

    def _arguments(self, part: Part) -> list[str]:
        if part.name != "mail":
            return []
        ports = self.place.ports
        return ["--state", str(self.place.state), "--port", str(ports["mail"]), "--smtp-port", str(ports["smtp"])]

    def _environment(self, part: Part) -> Mapping[str, str]:
        base = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if part.service:
            databases = self.databases[part.service]
            return base | service_env(part.service, self.place, self.secrets, databases, self.redis_url)
        own = {"stripe": stripe_env, "signin": signin_env}.get(part.name)
        return base | (own(self.place, self.secrets) if own else {})

    def _demo(self) -> None:
        """Demo data, once for each state folder, through the same doors as everybody."""
        marker = self.place.state / "demo.json"
        if not self.options.demo or marker.exists():
            return
        part = Part(name="demo", module="sandbox.demo", arguments=(str(self.place.state),), once=True)
        self._start_group([self._child(part)])
        marker.write_text(json.dumps({"made": True}))
