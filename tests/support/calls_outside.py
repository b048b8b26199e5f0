"""Watches that nobody calls Stripe or a peer while this thread has a transaction open."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from services.billing.gateways.stripe.client import _HurriedClient
from shared.db import Database
from shared.http import ServiceClient


@contextmanager
def calls_outside_transactions() -> Iterator[list[str]]:
    """Each call that came at the wrong time fails, and at the end the block does, whoever has swallowed the failure."""
    open_here = threading.local()
    wrong: list[str] = []
    transaction = Database.transaction

    @contextmanager
    def counted(self: Database) -> Iterator[Session]:
        open_here.depth = getattr(open_here, "depth", 0) + 1
        try:
            with transaction(self) as session:
                yield session
        finally:
            open_here.depth -= 1

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def outside(self: Any, method: str, where: str, *arguments: Any, **named: Any) -> Any:
            if getattr(open_here, "depth", 0):
                wrong.append(f"{method} {where}")
                raise AssertionError(f"{method} {where} was called inside a transaction")
            return call(self, method, where, *arguments, **named)

        return outside

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "transaction", counted)
        patch.setattr(_HurriedClient, "request", watched(_HurriedClient.request))
        patch.setattr(ServiceClient, "_send", watched(ServiceClient._send))
        yield wrong
    assert wrong == [], f"called inside a transaction: {wrong}"
