"""What an operation works with: the open transaction, the moment, and who asked."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.stripe.checks import Table
from sandbox.stripe.errors import Json, no_such
from sandbox.stripe.store import Tx

API_VERSION = "2026-08-26.dahlia"


@dataclass(frozen=True, kw_only=True)
class Work:
    """One piece of work inside one transaction. `now`: Unix seconds."""

    tx: Tx
    now: int
    public_url: str
    request_id: str | None = None
    idempotency_key: str | None = None

    def must(self, kind: str, object_id: str, *, param: str | None = None) -> Json:
        """The object, or "No such ...": 404 where the path named it, 400 where the parameter `param` did."""
        found = self.tx.get(kind, object_id)
        if found is None:
            noun = NOUNS.get(kind, kind)
            raise no_such(noun, object_id) if param is None else no_such(noun, object_id, param=param, status=400)
        return found


NOUNS = {
    "checkout.session": "checkout.session",
    "balance_transaction": "balance transaction",
    "webhook_endpoint": "webhook endpoint",
    "payment_method": "PaymentMethod",
}


Handle = Callable[[Work, Mapping[str, str], Json], Json]  # the ids in the path, the checked parameters -> the reply


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One line of the API: method, path with `{names}`, table of parameters, and what it does."""

    method: str
    path: str
    params: Table
    handle: Handle


def now_s() -> float:
    """Stripe's clock, Unix seconds."""
    return time.time()
