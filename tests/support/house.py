"""The whole product in one test process: three services on real HTTP, real Postgres and Valkey, stand-in, mail catcher.

The story's tempo is the test's: `drain()` does what workers and their schedule would do, until nothing waits any more.
"""

import importlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import mail
from sandbox.stripe import server as stripe_standin
from shared.env import Env
from shared.jobs import bind_context, jobs_of, schedule_of
from tests.support import web
from tests.support.person import Person
from tests.support.settings import SERVICES, STRIPE_KEY, WEBHOOK_SECRET, environment
from tests.support.staff import cookie_of

_ROUNDS = 60


class _Silent(WSGIRequestHandler):
    """The services log their requests themselves."""

    def log(self, _kind: str, _message: str, *_arguments: Any) -> None:
        """Say nothing."""


class ServiceInThread:
    """One service's web process, in a thread; it can be stopped and started again at the same address."""

    def __init__(self, name: str, seat: socket.socket, variables: dict[str, str]) -> None:
        self.name = name
        self._port = seat.getsockname()[1]
        module = importlib.import_module(f"services.{name}.app")
        config = importlib.import_module(f"services.{name}.config")
        self.settings = config.Settings.read(Env(variables))
        self.app = module.create_app(self.settings)
        self.worker_context = module.build_context(self.settings, pooled=False)
        self._server: BaseWSGIServer | None = None
        with seat:
            self.start(seat.fileno())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def context(self) -> Any:
        """What its web process works with."""
        return self.app.extensions["context"]

    def start(self, seat: int | None = None) -> None:
        """Listen, by a socket that listens already or at the same address as before."""
        self._server = make_server("127.0.0.1", self._port, self.app, threaded=True, request_handler=_Silent, fd=seat)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening: whoever asks is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def run_sweeps(self) -> None:
        """Run each scheduled job once, as a worker would."""
        bind_context(self.worker_context)
        try:
            for job in schedule_of(self.name):
                jobs_of(self.name)[job]()
        finally:
            bind_context(None)

    def pending(self) -> dict[str, int]:
        """What waits to converge here, as /readyz tells it."""
        counts: dict[str, int] = web.read(f"{self.url}/readyz")["pending"]
        return counts

    def close(self) -> None:
        """Stop, and give back the connections."""
        self.stop()
        self.context.db.dispose()
        self.worker_context.db.dispose()


class House:
    """All services and what they stand on."""

    def __init__(self, folder: Path, databases: Any, redis_url: str, **more: str) -> None:
        # They listen from now on: a port that was only found free may be somebody else's a moment later.
        seats = {name: socket.create_server(("127.0.0.1", 0)) for name in SERVICES}
        urls = {name: f"http://127.0.0.1:{seat.getsockname()[1]}" for name, seat in seats.items()}
        self.stripe = stripe_standin.start(
            folder / "stripe",
            STRIPE_KEY,
            webhook_url=f"{urls['billing']}/webhooks/stripe",
            webhook_secret=WEBHOOK_SECRET,
        )
        self.mail = mail.start(folder / "mail")
        urls |= {"stripe": self.stripe.url, "smtp": self.mail.smtp_url}
        self.urls = urls
        self.services = {
            name: ServiceInThread(
                name, seats[name], environment(name, databases=databases, redis_url=redis_url, urls=urls, **more)
            )
            for name in SERVICES
        }
        self.billing, self.entitlements, self.queue = (self.services[name] for name in SERVICES)

    def drain(self, *names: str) -> None:
        """Run sweeps until nothing is pending in the named services (all where none is named)."""
        chosen = [self.services[name] for name in names or SERVICES]
        for _ in range(_ROUNDS):
            for service in chosen:
                service.run_sweeps()
            if not any(any(service.pending().values()) for service in chosen):
                return
        waiting = {service.name: service.pending() for service in chosen}
        raise AssertionError(f"Still pending after {_ROUNDS} rounds: {waiting}")

    def staff(self, name: str, *roles: str) -> Person:
        """Somebody of the staff at a browser, signed in at each service. (The browser test signs in by OpenID.)"""
        person = Person()
        for service in self.services.values():
            cookie, value = cookie_of(service.app, name.lower(), name, *roles, email=f"{name.lower()}@example.test")
            person.client.cookies.set(cookie, value, domain="127.0.0.1", path="/")
        return person

    def mails_to(self, address: str) -> list[Any]:
        """The mails that an address got, oldest first."""
        return list(reversed(self.mail.messages(address)))

    def close(self) -> None:
        """End everything."""
        for service in self.services.values():
            service.close()
        self.stripe.stop()
        self.mail.stop()


@contextmanager
def house(folder: Path, databases: Any, redis_url: str, **more: str) -> Iterator[House]:
    """A house for one test; `more` are settings of its own."""
    built = House(folder, databases, redis_url, **more)
    try:
        importlib.import_module("services.billing.offers.push").push_catalog(built.billing.context)
        yield built
    finally:
        built.close()


def until(condition: Callable[[], Any], *, seconds: float = 10) -> Any:
    """Wait for a condition; returns what it gave. Fails when it does not come."""
    ended = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if found := condition():
            return found
        ended.wait(0.02)
    raise AssertionError("The condition did not come true in time")
