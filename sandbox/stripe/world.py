"""Ties settings and store together: hands out work in a transaction, wakes the courier after a write."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sandbox.stripe.clock import Clock
from sandbox.stripe.registry import load
from sandbox.stripe.resources.account import open_account
from sandbox.stripe.resources.webhook_endpoints import new_endpoint
from sandbox.stripe.settings import Settings
from sandbox.stripe.store import Store, Tx, equals
from sandbox.stripe.work import Work
from shared.env import SettingsError


def hold(state: Path) -> IO[str]:
    """Hold the folder of the state: of two processes on one folder the second says so and ends."""
    state.mkdir(parents=True, exist_ok=True)
    lock = (state / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise SettingsError(
            f"Another stand-in runs on {state}. Stop it, or set STRIPE_STANDIN_STATE to another folder."
        ) from None
    return lock


class World:
    """One stand-in's state. `wake` is set after each write."""

    def __init__(self, settings: Settings) -> None:
        load()  # whoever works here finds the states, timers and views of all kinds
        self.settings = settings
        self._lock = hold(settings.state_dir)
        self.store = Store(settings.state_dir / "stripe.sqlite3")
        self.wake = threading.Event()
        self.clock = Clock(self.store.clock_ahead_s())
        with self.working() as work:
            # A process that died while answering left keys without an answer: their work was rolled back with it.
            work.tx.sql.execute("DELETE FROM idempotency WHERE status IS NULL")
            open_account(work, settings.merchant, settings.settles)
            self._lay_endpoint(work)

    @contextmanager
    def working(
        self, request_id: str | None = None, idempotency_key: str | None = None, *, at: float | None = None
    ) -> Iterator[Work]:
        """Work that may write: all of it is kept, or none when an exception leaves the block.

        `at`: the moment that it is stamped with, where that is not now (a timer's due time).
        """
        with self.store.writing() as tx:
            yield self._work(tx, at, request_id, idempotency_key)
        self.wake.set()

    @contextmanager
    def looking(self) -> Iterator[Work]:
        """Work that only reads one consistent state."""
        with self.store.reading() as tx:
            yield self._work(tx)

    def _work(
        self, tx: Tx, at: float | None = None, request_id: str | None = None, idempotency_key: str | None = None
    ) -> Work:
        moment = self.clock.now() if at is None else at
        return Work(
            tx=tx,
            now=int(moment),
            now_exactly=moment,
            capture_s=self.settings.capture_s,
            public_url=self.settings.public_url,
            request_id=request_id,
            idempotency_key=idempotency_key,
        )

    def _lay_endpoint(self, work: Work) -> None:
        """The endpoint from the settings, made or brought up to date, so that both sides know its secret beforehand."""
        known = work.tx.select("webhook_endpoint", [equals("_from_settings", True)])
        url, secret = self.settings.webhook_url, self.settings.webhook_secret
        wanted = list(self.settings.webhook_events)
        if url is None:
            for endpoint in known:
                work.tx.remove(endpoint["id"])
        elif known:
            work.put(known[0] | {"url": url, "enabled_events": wanted, "_secret": secret})
        else:
            described = {"url": url, "enabled_events": wanted, "description": "From the stand-in's settings"}
            new_endpoint(work, described, secret=secret, from_settings=True)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()
        self._lock.close()
