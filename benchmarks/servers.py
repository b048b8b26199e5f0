"""What benchmarks stand on: durable Postgres and Valkey, a service as it is deployed, and a bare page beside it.

Everything is a process of its own, as in production; Postgres waits for its disk (fsync) as money needs it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import psycopg

from sandbox.databases import SERVICES
from sandbox.embedded import forget_postgres, free_port, start_postgres, start_valkey
from tests.support.databases import TestPostgres
from tests.support.settings import environment

WEB_WORKERS, WEB_THREADS = "1", "8"
"""The same for us and for the bare page: one process of gunicorn, as Postgres and the clients want the cores, too."""
_STARTS_WITHIN_S = 30.0


@dataclass(kw_only=True)
class Servers:
    """Postgres with a migrated database for each service that is asked for, Valkey, and addresses for all services."""

    superuser_url: str
    redis_url: str
    urls: dict[str, str]
    databases: dict[str, Any]
    """`servers.databases["queue"].app` and `.owner`: addresses in SQLAlchemy's form."""
    stack: ExitStack

    def psycopg(self, service: str, *, role: str = "app", autocommit: bool = True) -> "psycopg.Connection[Any]":
        """A bare connection to a service's database, closed at the end of the run."""
        url = getattr(self.databases[service], role).replace("postgresql+psycopg://", "postgresql://")
        connection = psycopg.connect(url, autocommit=autocommit)
        self.stack.callback(connection.close)
        return connection

    def environment(self, service: str, **more: str) -> dict[str, str]:
        """The variables of a service's processes."""
        mine = environment(service, databases=self.databases, redis_url=self.redis_url, urls=self.urls)
        return mine | {"WEB_WORKERS": WEB_WORKERS, "WEB_THREADS": WEB_THREADS} | more

    def start_web(self, service: str, **more: str) -> str:
        """Start a service's web process; its address. Its log goes nowhere: writing it is part of the cost."""
        argv = [sys.executable, "-m", f"services.{service}", "web"]
        return self._start(argv, self.urls[service], self.environment(service, **more))

    def start_worker(self, service: str, *pools: str, **more: str) -> "subprocess.Popen[bytes]":
        """Start a service's worker processes."""
        argv = [sys.executable, "-m", f"services.{service}", "worker", *pools]
        return self._process(argv, self.environment(service, **more))

    def start_bare(self, app: str, service: str, **more: str) -> str:
        """Serve a bare Flask application, `module:function` that builds it, under our gunicorn's settings.

        It finds the app role's address of `service` in DATABASE_URL.
        """
        url = f"http://127.0.0.1:{free_port()}"
        mine = self.environment(service, **more) | {"BIND": url.removeprefix("http://"), "PUBLIC_URL": url}
        return self._start([sys.executable, "-m", "benchmarks.bare_server", app, service], url, mine)

    def _start(self, argv: list[str], url: str, variables: dict[str, str]) -> str:
        process = self._process(argv, variables)
        until = monotonic() + _STARTS_WITHIN_S
        while not _answers(url):
            if process.poll() is not None or monotonic() > until:
                raise RuntimeError(f"{' '.join(argv[2:])} did not start at {url}.")
            sleep(0.05)
        return url

    def _process(self, argv: list[str], variables: dict[str, str]) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(argv, env={**os.environ, **variables}, stdout=subprocess.DEVNULL)
        self.stack.callback(_end, process)
        return process


@contextmanager
def servers(*, valkey: bool = True) -> Iterator[Servers]:
    """Embedded servers for one run, gone with it."""
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        state = Path(folder)
        postgres = start_postgres(state, durable=True, max_connections=200)
        stack.callback(forget_postgres, state)
        stack.callback(postgres.stop)
        redis_url = "redis://127.0.0.1:1"
        if valkey:
            server = start_valkey(state)
            stack.callback(server.stop)
            redis_url = server.url
        migrated = TestPostgres(postgres.url)

        class Databases(dict[str, Any]):
            def __missing__(self, service: str) -> Any:
                self[service] = stack.enter_context(migrated.database(service))
                return self[service]

        with ExitStack() as started:  # ends before its servers do
            yield Servers(
                superuser_url=postgres.url,
                redis_url=redis_url,
                urls={name: f"http://127.0.0.1:{free_port()}" for name in SERVICES},
                databases=Databases(),
                stack=started,
            )


def ask(url: str, requests: "list[tuple[str, str, bytes | None, dict[str, str]]]", *, clients: int = 1) -> int:
    """Send requests (method, path, body, headers) over kept connections, shared among clients; how many they were.

    Raises RuntimeError at the first answer that is no success: a fast refusal is no result.
    """
    shares = [requests[number::clients] for number in range(clients)]
    failures: list[str] = []

    def send(share: "list[tuple[str, str, bytes | None, dict[str, str]]]") -> None:
        place = urlsplit(url)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
        connection.connect()
        for method, path, body, headers in share:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status >= 400:
                failures.append(f"{method} {path}: {answer.status} {told[:200]!r}")
                break
        connection.close()

    threads = [Thread(target=send, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return len(requests)


def _answers(url: str) -> bool:
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=2)
    try:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
