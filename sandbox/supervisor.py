"""Runs the whole product on this machine: starts all parts in order, keeps them alive, stops them in order."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from sandbox import terminal
from sandbox.children import Child, stop_all
from sandbox.databases import DatabaseUrls, create_databases
from sandbox.embedded import (
    Launch,
    ServerFailedError,
    postgres_answers,
    postgres_launch,
    stop_leftover_postgres,
    valkey_answers,
    valkey_launch,
)
from sandbox.leftovers import end_leftovers
from sandbox.ports import CannotStartError, choose_ports
from sandbox.processes import Part, stages
from sandbox.readiness import http_ready, worker_ready
from sandbox.settings import Place, Secrets, demo_env, migration_env, service_env, signin_env, stripe_env
from sandbox.state_folder import hold
from sandbox.summary import first_steps, told_file, write_json

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 120.0
DEMO_WITHIN_S = 40.0
_TICK_S = 0.05


class _Stopped(Exception):
    """The start is over before it is done."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line and the environment say."""

    port_base: int
    state: Path
    quiet: bool
    demo: bool


def up(options: Options) -> None:
    """Run everything until Ctrl-C, SIGTERM or the end of the terminal; a second Ctrl-C waits for nobody."""
    lock = hold(options.state)
    try:
        Supervisor(options).run()
    finally:
        lock.close()


class Supervisor:
    """One run of the sandbox."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.place = Place(ports={}, state=options.state)
        self.secrets = Secrets(options.state)
        self._started: list[list[Child]] = []
        self._watched: list[list[Child]] = []
        self.databases: dict[str, DatabaseUrls] = {}
        self.redis_url = ""
        self.asked_to_stop = 0
        self._logs = options.state / "logs"

    def run(self) -> None:
        """Start, watch, stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        self._clear_the_way()
        try:
            with suppress(_Stopped):
                self._start()
                while True:
                    self._tick(4)
        finally:
            self._end()

    def _stop(self, *_: Any) -> None:
        self.asked_to_stop += 1

    def _tick(self, times: int = 1) -> None:
        """Let a moment pass: who died is started again, and who was told to stop does so."""
        if self.asked_to_stop:
            raise _Stopped
        for group in self._watched:
            for child in group:
                child.revive()
        time.sleep(_TICK_S * times)

    def _clear_the_way(self) -> None:
        """End what a killed supervisor left, then choose the ports, which it would have held."""
        end_leftovers(self._logs)
        stop_leftover_postgres(self.place.state)
        self.place = Place(ports=choose_ports(self.options.port_base), state=self.options.state)
        told_file(self.place.state).unlink(missing_ok=True)
        shutil.rmtree(self._logs, ignore_errors=True)
        self._logs.mkdir(parents=True)

    def _end(self) -> None:
        began = time.monotonic()
        terminal.say("\nStopping ...")
        told_file(self.place.state).unlink(missing_ok=True)
        asked = self.asked_to_stop
        stop_all(self._started, hurry=lambda: self.asked_to_stop > max(asked, 1))
        terminal.say(
            f"Stopped in {time.monotonic() - began:.1f} s. `make run` finds the data again, `make reset` forgets it."
        )

    def _start(self) -> None:
        began = time.monotonic()
        terminal.say(f"Starting Premium Support. What each part says is kept in {self._logs}")
        self._start_servers()
        for stage in stages():
            self._start_group([self._child(part) for part in stage])
        self._demo()
        write_json(self.place, self.secrets, self.databases, self.redis_url)
        terminal.say(first_steps(self.place, time.monotonic() - began))

    def _start_servers(self) -> None:
        """Postgres and Valkey; POSTGRES_URL (a superuser's) and REDIS_URL of the environment replace them."""
        postgres_url, redis_url = os.environ.get("POSTGRES_URL"), os.environ.get("REDIS_URL")
        group = []
        try:
            if not postgres_url:
                if not (self.place.state / "postgres.password").exists():
                    terminal.say("Making an empty database; only the first start does that.")
                launch = postgres_launch(self.place.state, self.place.ports["postgres"], max_connections=200)
                postgres_url = launch.url
                group.append(self._server(launch, lambda: postgres_answers(launch.url)))
            if not redis_url:
                valkey = valkey_launch(self.place.state, self.place.ports["valkey"])
                redis_url = valkey.url
                group.append(self._server(valkey, lambda: valkey_answers(valkey)))
        except (ServerFailedError, OSError) as error:
            if self.asked_to_stop:  # Ctrl-C in the terminal reaches initdb as well
                raise _Stopped from None
            raise CannotStartError(f"The database servers cannot be prepared. {error}") from None
        self._start_group(group)
        try:
            self.databases = create_databases(postgres_url, self.secrets.database_passwords)
        except psycopg.OperationalError as error:
            raise CannotStartError(f"Postgres does not let the sandbox in. Check POSTGRES_URL. {error}") from None
        self.redis_url = redis_url

    def _start_group(self, group: list[Child]) -> None:
        """Start all of them at once and wait until each is ready. One that fails on the way stops the start."""
        self._started.append(group)
        for child in group:
            child.start()
        waiting, deadline = list(group), time.monotonic() + READY_WITHIN_S
        while waiting:
            for child in [child for child in waiting if child.done]:
                waiting.remove(child)
                terminal.came_up(child.name, "done" if child.once else "ready", child.age_s)
            for child in waiting:
                _check(child, deadline)
            self._tick()
        self._watched.append(group)

    def _server(self, launch: Launch, ready: Callable[[], bool]) -> Child:
        return Child(
            name=launch.name,
            argv=launch.argv,
            mark=Path(launch.argv[0]).name,
            env=None,
            log=self._logs / f"{launch.name}.log",
            ready=ready,
            quiet=True,
            stop_signal=launch.stop_signal,
            identity=launch.identity,
            cwd="/",
        )

    def _child(self, part: Part) -> Child:
        child = Child(
            name=part.name,
            argv=[sys.executable, "-m", part.module, *part.arguments, *self._arguments(part)],
            mark=f"-m {part.module}",
            env=self._environment(part),
            log=self._logs / f"{part.name}.log",
            ready=lambda: self._ready(part, child),
            once=part.once,
            quiet=self.options.quiet,
            cwd=str(ROOT),
        )
        return child

    def _ready(self, part: Part, child: Child) -> bool:
        """A web process answers, a worker waits for jobs; of the others it is enough that they run."""
        if part.http:
            return http_ready(self.place.inner(part.http))
        if part.service and part.arguments == ("worker",):
            return worker_ready(self.redis_url, part.service, child.pid)
        return True

    def _arguments(self, part: Part) -> list[str]:
        if part.name != "mail":
            return []
        ports = self.place.ports
        return ["--state", str(self.place.state), "--port", str(ports["mail"]), "--smtp-port", str(ports["smtp"])]

    def _environment(self, part: Part) -> Mapping[str, str]:
        base = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if part.service:
            databases = self.databases[part.service]
            own = service_env(part.service, self.place, self.secrets, databases, self.redis_url)
            return base | own | (migration_env(databases) if part.arguments == ("migrate",) else {})
        told = {"stripe": stripe_env, "signin": signin_env, "demo": demo_env}.get(part.name)
        return base | (told(self.place, self.secrets) if told else {})

    def _demo(self) -> None:
        """Demo data, once for each state folder. Without it the product runs as well."""
        marker = self.place.state / "demo.json"
        if not self.options.demo or marker.exists():
            return
        demo = self._child(Part(name="demo", module="sandbox.demo", once=True))
        self._started.append([demo])
        demo.start()
        while demo.running and demo.age_s < DEMO_WITHIN_S:
            self._tick()
        complete = demo.done
        stop_all([[demo]])
        marker.write_text(json.dumps({"complete": complete}))
        if complete:
            terminal.came_up("demo data", "done", demo.age_s)
        else:
            terminal.say(
                terminal.paint("The demo data is not complete; everything else runs. ", terminal.WARNING)
                + f"Why: {demo.log}. `make reset` and `make run` try again."
            )


def _check(child: Child, deadline: float) -> None:
    """Stop the start when this one has failed, or is late."""
    if child.failed:
        time.sleep(_TICK_S * 2)  # its last words are still on their way
        raise CannotStartError(
            f"{child.name} did not start. It said:\n{child.last_words()}\n"
            f"The whole log: {child.log}. `make reset` forgets all data and begins anew."
        )
    if time.monotonic() > deadline:
        raise CannotStartError(f"{child.name} was not ready within {READY_WITHIN_S:.0f} s. Its log: {child.log}")
