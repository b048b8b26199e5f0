"""Faults that can be switched on: which kinds there are, and which of them strike now.

A fault has a kind, a pattern (`match`: event type for webhooks, `POST /v1/charges` for the API; `*` by default), how
often it still strikes (`times`; null: until it is cleared), for which `share` of what matches (1 by default), `seconds`
where the kind needs a time, and `status` for `api.fail`. Which ones of a share it strikes is the same in each run.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from sandbox.stripe.store import Tx

KINDS = {
    "webhook.duplicate": "deliver the event twice",
    "webhook.reorder": "hold the event back until a later one was delivered (10 seconds at most)",
    "webhook.delay": "deliver the event only after some seconds",
    "webhook.drop": "never deliver the event; it stays readable through the API",
    "webhook.stale": "deliver the object as it was before the change",
    "webhook.bad_signature": "sign the first attempt with a wrong secret",
    "webhook.old_timestamp": "sign the first attempt as if it were an hour old",
    "api.slow": "wait some seconds before the work, the idempotency key already claimed",
    "api.slow_by_chance": "the same for a time by chance, with that mean (exponential)",
    "api.fail": "answer with this status and do nothing",
    "api.error_500": "answer 500 and do nothing",
    "api.error_500_after": "do the work, then answer 500; under its key the 500 is repeated, as Stripe repeats it",
    "api.rate_limit": "answer 429 and do nothing",
    "api.lock_timeout": "answer 429: the object is locked by another request",
    "api.lost_reply": "do the work, keep silent for some seconds, then hang up",
    "charge.balance_transaction_later": "a new charge has no balance transaction for some seconds",
}
DEFAULT_SECONDS = {
    "api.slow": 1.0,
    "api.slow_by_chance": 0.2,
    "webhook.delay": 3.0,
    "api.lost_reply": 1.0,
    "charge.balance_transaction_later": 5.0,
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A switched-on fault. `remaining`: strikes left, None without end. `seconds`: its time."""

    fault_id: int
    kind: str
    match: str
    remaining: int | None
    seconds: float
    share: float = 1.0
    status: int = 500
    seen: int = 0
    """How often something has matched, struck or not."""

    def as_asked(self) -> dict[str, Any]:
        """In the words of whoever switched it on."""
        return {
            "kind": self.kind,
            "match": self.match,
            "times": self.remaining,
            "seconds": self.seconds,
            "share": self.share,
            "status": self.status,
        }


_COLUMNS = "id, kind, matching, remaining, seconds, share, status, seen"


def active(tx: Tx) -> list[Fault]:
    """All faults that are switched on."""
    rows = tx.sql.execute(f"SELECT {_COLUMNS} FROM faults ORDER BY id").fetchall()  # noqa: S608 - a constant of this module
    names = ("fault_id", "kind", "match", "remaining", "seconds", "share", "status", "seen")
    return [Fault(**dict(zip(names, row, strict=True))) for row in rows]


def switch_on(
    tx: Tx,
    kind: str,
    *,
    match: str = "*",
    times: int | None = 1,
    seconds: float | None = None,
    share: float = 1.0,
    status: int = 500,
) -> Fault:
    """Switch a fault on; the kind must be one of KINDS."""
    chosen = DEFAULT_SECONDS.get(kind, 0.0) if seconds is None else seconds
    cursor = tx.sql.execute(
        "INSERT INTO faults (kind, matching, remaining, seconds, share, status) VALUES (?, ?, ?, ?, ?, ?)",
        (kind, match, times, chosen, share, status),
    )
    fault_id = cursor.lastrowid or 0
    return Fault(fault_id=fault_id, kind=kind, match=match, remaining=times, seconds=chosen, share=share, status=status)


def clear(tx: Tx) -> None:
    """Switch all faults off."""
    tx.sql.execute("DELETE FROM faults")


def expected(tx: Tx, area: str) -> bool:
    """Whether any fault of the area (`webhook`, `api`, `charge`) is switched on."""
    return any(fault.kind.startswith(f"{area}.") for fault in active(tx))


def take(tx: Tx, area: str, subject: str) -> list[Fault]:
    """The faults of the area that strike this subject now; each strike is counted."""
    striking = []
    for fault in active(tx):
        if not fault.kind.startswith(f"{area}.") or not fnmatchcase(subject, fault.match):
            continue
        tx.sql.execute("UPDATE faults SET seen = seen + 1 WHERE id = ?", (fault.fault_id,))
        if _chance(fault).random() >= fault.share:
            continue
        striking.append(fault)
        if fault.remaining == 1:
            tx.sql.execute("DELETE FROM faults WHERE id = ?", (fault.fault_id,))
        elif fault.remaining is not None:
            tx.sql.execute("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (fault.fault_id,))
    return striking


def pause_s(fault: Fault) -> float:
    """How long a fault makes a request wait."""
    match fault.kind:
        case "api.slow":
            return fault.seconds
        case "api.slow_by_chance" if fault.seconds:
            return _chance(fault).expovariate(1 / fault.seconds)
    return 0.0


def _chance(fault: Fault) -> Random:
    return Random(f"{fault.kind} {fault.match} {fault.seen}")  # noqa: S311 - the same in each run, and nobody's secret
