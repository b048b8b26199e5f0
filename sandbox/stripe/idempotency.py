"""Idempotency keys as Stripe keeps them (https://docs.stripe.com/api/idempotent_requests).

The first request with a key is carried out and its reply kept, whatever it was, once the operation began. The same
request again gets that reply; another request with the key is refused; while the first is under way, 409.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.errors import Json, StripeError
from sandbox.stripe.store import Tx

KEPT_S = 24 * 60 * 60
_LONGEST = 255


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A reply that was given before, and the request that it was given to."""

    status: int
    body: Json
    request_id: str


def fingerprint(method: str, path: str, params: Mapping[str, Any]) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(f"{method} {path} {json.dumps(params, sort_keys=True)}".encode()).hexdigest()


def claim(tx: Tx, key: str, mark: str, request_id: str, now: int) -> Replay | None:
    """Claim the key for this request: None when it is ours to carry out, else the reply to repeat, or a refusal."""
    if len(key) > _LONGEST:
        raise StripeError(
            400,
            f"Keys for idempotent requests can be at most {_LONGEST} characters long.",
            error_type="idempotency_error",
        )
    tx.sql.execute("DELETE FROM idempotency WHERE created < ? AND status IS NOT NULL", (now - KEPT_S,))
    row = tx.sql.execute(
        "SELECT fingerprint, request_id, status, body FROM idempotency WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        tx.sql.execute(
            "INSERT INTO idempotency (key, fingerprint, request_id, created) VALUES (?, ?, ?, ?)",
            (key, mark, request_id, now),
        )
        return None
    if row[0] != mark:
        raise StripeError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            error_type="idempotency_error",
        )
    if row[2] is None:
        raise StripeError(
            409,
            "There is currently another in-progress request using this Idempotent Key (that probably means you "
            f"submitted twice, and the other request is still going through): {key}. Please try again later.",
            error_type="idempotency_error",
            code="idempotency_key_in_use",
        )
    return Replay(status=row[2], body=json.loads(row[3]), request_id=row[1])


def keep(tx: Tx, key: str, status: int, body: Json) -> None:
    """Keep the reply for whoever asks again; in the transaction of the work itself."""
    tx.sql.execute("UPDATE idempotency SET status = ?, body = ? WHERE key = ?", (status, json.dumps(body), key))


def release(tx: Tx, key: str) -> None:
    """Forget a claim whose work broke down, so that a retry carries it out."""
    tx.sql.execute("DELETE FROM idempotency WHERE key = ? AND status IS NULL", (key,))
