"""Killed in the middle of whatever it does, the stand-in has lost nothing that it answered, and no event."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import stripe

from sandbox.embedded import free_port
from tests.support.stripe_client import API_KEY, WEBHOOK_SECRET, Receiver, eventually, sdk

PAUSES_S = (0.003, 0.044, 0.017, 0.031)
"""Between the last answer and the kill: each falls into the middle of something else."""


class Life:
    """The stand-in as a process of its own, always on the same port and folder."""

    def __init__(self, folder: Path, webhook_url: str) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._variables = {
            "BIND": f"127.0.0.1:{self._port}",
            "STRIPE_API_KEY": API_KEY,
            "STRIPE_STANDIN_STATE": str(folder),
            "STRIPE_STANDIN_WEBHOOK_URL": webhook_url,
            "STRIPE_STANDIN_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }

    def begin(self) -> None:
        argv = [sys.executable, "-m", "sandbox.stripe"]
        self._process = subprocess.Popen(argv, env={**os.environ, **self._variables}, stdout=subprocess.DEVNULL)
        eventually(lambda: _answers(sdk(self.url)), 30.0)

    def end(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        self._process.wait()


def _answers(client: stripe.StripeClient) -> bool:
    try:
        client.v1.customers.list({"limit": 1})
    except stripe.APIConnectionError:
        return False
    return True


def test_killed_at_any_moment_its_state_is_whole(tmp_path: Path, receivers: Callable[..., Receiver]) -> None:
    receiver = receivers()
    life = Life(tmp_path / "stripe", receiver.url)
    answered: dict[str, str] = {}
    stopping = threading.Event()

    def buy(worker: int) -> None:
        number = 0
        while not stopping.is_set():
            key = f"key-{worker}-{number}"
            asked: Any = {"amount": 1000, "currency": "usd", "source": "tok_visa"}
            try:
                answered[key] = sdk(life.url).v1.charges.create(asked, {"idempotency_key": key}).id
            except (stripe.APIConnectionError, stripe.IdempotencyError):
                time.sleep(0.02)  # it is dead: the same key again
                continue
            number += 1

    workers = [threading.Thread(target=buy, args=(number,)) for number in range(4)]
    life.begin()
    for worker in workers:
        worker.start()
    for pause_s in PAUSES_S:
        made = len(answered)
        eventually(lambda made=made: len(answered) > made + 3, 30.0)  # type: ignore[misc]
        time.sleep(pause_s)
        life.end(signal.SIGKILL)
        life.begin()
    stopping.set()
    for worker in workers:
        worker.join()

    client = sdk(life.url)
    charges = [charge.id for charge in client.v1.charges.list({"limit": 100}).auto_paging_iter()]
    events = client.v1.events.list({"type": "charge.succeeded", "limit": 100}).auto_paging_iter()
    told = Counter(event.data.object["id"] for event in events)
    booked = list(client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter())
    assert len(set(answered.values())) == len(answered), "one charge for each key"
    assert set(charges) >= set(answered.values())
    assert len(charges) <= len(answered) + len(workers), "a key that was sent again made no second charge"
    assert told == Counter(charges)
    assert Counter(one.source for one in booked) == Counter(charges)
    arrived = lambda: {event["data"]["object"]["id"] for event in receiver.events("charge.succeeded")}  # noqa: E731
    eventually(lambda: arrived() == set(charges), 30.0)
    life.end(signal.SIGTERM)
