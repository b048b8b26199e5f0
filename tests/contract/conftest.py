"""The stand-in over real HTTP, and the real SDK that talks to it or, where STRIPE_TEST_KEY is set, to Stripe."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.stripe import server
from tests.support.stripe_client import API_KEY, Receiver, sdk

STRIPE_TEST_KEY = os.environ.get("STRIPE_TEST_KEY", "")


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[server.ThreadedHandle]:
    """A fresh stand-in."""
    handle = server.start(tmp_path / "stripe", API_KEY)
    yield handle
    handle.stop()


@pytest.fixture(params=["standin", "stripe"] if STRIPE_TEST_KEY else ["standin"])
def client(request: pytest.FixtureRequest) -> stripe.StripeClient:
    """The SDK on the stand-in and, with a key, the same on Stripe's test mode."""
    if request.param == "stripe":
        return sdk(None, STRIPE_TEST_KEY)
    return sdk(request.getfixturevalue("standin").url)


@pytest.fixture
def receivers() -> Iterator[Callable[..., Receiver]]:
    """Opens webhook receivers that are closed afterwards."""
    opened: list[Receiver] = []

    def open_one(**settings: Any) -> Receiver:
        opened.append(Receiver(**settings))
        return opened[-1]

    yield open_one
    for receiver in opened:
        receiver.stop()
