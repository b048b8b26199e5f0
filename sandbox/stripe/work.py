"""What an operation works with: the open transaction, the moment, and who asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.stripe.checks import Table
from sandbox.stripe.errors import Json, no_such
from sandbox.stripe.registry import noun_of, resource_of
from sandbox.stripe.store import Tx

API_VERSION = "2026-08-26.dahlia"


@dataclass(frozen=True, kw_only=True)
class Work:
    """One piece of work inside one transaction.

    `now`: Unix seconds on the stand-in's clock, whole as Stripe stamps them; `now_exactly` for timers.
    """

    tx: Tx
    now: int
    now_exactly: float
    capture_s: float
    """How long a charge that is captured asynchronously stays without its balance transaction."""
    public_url: str
    request_id: str | None = None
    idempotency_key: str | None = None

    def add(self, document: Json) -> Json:
        """Store a new object; its state must be one that its kind begins with."""
        if states := resource_of(document["object"]).machine:
            states.check_start(document)
        return self.tx.add(document)

    def put(self, document: Json) -> Json:
        """Replace an object; its state may only move as its kind's table says."""
        if states := resource_of(document["object"]).machine:
            before = self.tx.get(document["object"], document["id"])
            if before is not None:
                states.check_move(before, document)
        return self.tx.put(document)

    def must(self, kind: str, object_id: str, *, param: str | None = None) -> Json:
        """The object, or "No such ...": 404 where the path named it, 400 where the parameter `param` did."""
        found = self.tx.get(kind, object_id)
        if found is None:
            noun = noun_of(kind)
            raise no_such(noun, object_id) if param is None else no_such(noun, object_id, param=param, status=400)
        return found


Handle = Callable[[Work, Mapping[str, str], Json], Json]  # the ids in the path, the checked parameters -> the reply


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One line of the API: method, path with `{names}`, table of parameters, and what it does."""

    method: str
    path: str
    params: Table
    handle: Handle

    @property
    def name(self) -> str:
        """As Stripe's document names it."""
        return f"{self.method} {self.path}"
