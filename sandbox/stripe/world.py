"""Ties settings and store together: hands out work in a transaction, wakes the courier after a write."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.stripe.resources.webhook_endpoints import new_endpoint
from sandbox.stripe.settings import Settings
from sandbox.stripe.store import Store, equals
from sandbox.stripe.work import Work, now_s


class World:
    """One stand-in's state. `wake` is set after each write."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.state_dir / "stripe.sqlite3")
        self.wake = threading.Event()
        with self.working() as work:
            # A process that died while answering left keys without an answer: their work was rolled back with it.
            work.tx.sql.execute("DELETE FROM idempotency WHERE status IS NULL")
            self._lay_endpoint(work)

    @contextmanager
    def working(self, request_id: str | None = None, idempotency_key: str | None = None) -> Iterator[Work]:
        """Work that may write: all of it is kept, or none when an exception leaves the block."""
        with self.store.writing() as tx:
            yield Work(
                tx=tx,
                now=int(now_s()),
                public_url=self.settings.public_url,
                request_id=request_id,
                idempotency_key=idempotency_key,
            )
        self.wake.set()

    @contextmanager
    def looking(self) -> Iterator[Work]:
        """Work that only reads one consistent state."""
        with self.store.reading() as tx:
            yield Work(tx=tx, now=int(now_s()), public_url=self.settings.public_url)

    def _lay_endpoint(self, work: Work) -> None:
        """The endpoint from the settings, made or brought up to date, so that both sides know its secret beforehand."""
        known = work.tx.select("webhook_endpoint", [equals("_from_settings", True)])
        url, secret = self.settings.webhook_url, self.settings.webhook_secret
        wanted = list(self.settings.webhook_events)
        if url is None:
            for endpoint in known:
                work.tx.remove(endpoint["id"])
        elif known:
            work.tx.put(known[0] | {"url": url, "enabled_events": wanted, "_secret": secret})
        else:
            described = {"url": url, "enabled_events": wanted, "description": "From the stand-in's settings"}
            new_endpoint(work, described, secret=secret, from_settings=True)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()
