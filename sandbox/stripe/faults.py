"""Faults that can be switched on: which kinds there are, and which of them strike now.

A fault has a kind, a pattern (`match`: event type for webhooks, `POST /v1/charges` for the API; `*` by default), how
often it still strikes (`times`; null: until it is cleared), and `seconds` where the kind needs a time.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

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
    "api.error_500": "answer 500 and do nothing",
    "api.error_500_after": "do the work, then answer 500",
    "api.rate_limit": "answer 429 and do nothing",
    "api.lost_reply": "do the work, keep silent for some seconds, then hang up",
    "charge.balance_transaction_later": "a new charge has no balance transaction for some seconds",
}
DEFAULT_SECONDS = {
    "api.slow": 1.0,
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


def active(tx: Tx) -> list[Fault]:
    """All faults that are switched on."""
    rows = tx.sql.execute("SELECT id, kind, matching, remaining, seconds FROM faults ORDER BY id").fetchall()
    return [Fault(fault_id=row[0], kind=row[1], match=row[2], remaining=row[3], seconds=row[4]) for row in rows]


def switch_on(tx: Tx, kind: str, *, match: str = "*", times: int | None = 1, seconds: float | None = None) -> Fault:
    """Switch a fault on; the kind must be one of KINDS."""
    chosen = DEFAULT_SECONDS.get(kind, 0.0) if seconds is None else seconds
    cursor = tx.sql.execute(
        "INSERT INTO faults (kind, matching, remaining, seconds) VALUES (?, ?, ?, ?)", (kind, match, times, chosen)
    )
    return Fault(fault_id=cursor.lastrowid or 0, kind=kind, match=match, remaining=times, seconds=chosen)


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
        striking.append(fault)
        if fault.remaining == 1:
            tx.sql.execute("DELETE FROM faults WHERE id = ?", (fault.fault_id,))
        elif fault.remaining is not None:
            tx.sql.execute("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (fault.fault_id,))
    return striking
