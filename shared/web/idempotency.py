"""Idempotency-Key: a POST that changes something is done once for each key, and its answer repeated."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import Response, current_app, request
from sqlalchemy.dialects.postgresql import insert

from shared import clock
from shared.db import Database
from shared.errors import Kind, ServiceError
from shared.idempotency import idempotency_table
from shared.web.access import current_caller

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
LOCK = timedelta(seconds=60)
LONGEST_KEY = 255
_SERVER_FAULT = 500


class KeyMissing(ServiceError):
    """A changing POST came without a key."""

    kind = Kind.INVALID
    code = "idempotency_key_missing"
    title = "The Idempotency-Key header is missing"


class KeyReused(ServiceError):
    """The key was used before, with another body."""

    kind = Kind.INVALID
    code = "idempotency_key_reused"
    title = "The Idempotency-Key belongs to another request"


class StillRunning(ServiceError):
    """The first request with this key has not ended."""

    kind = Kind.CONFLICT
    code = "idempotency_key_in_progress"
    title = "The same request is being worked on"


_keys = idempotency_table(sa.MetaData())


def idempotent(view: View) -> View:
    """Make a POST repeatable for integrators and staff; stands directly under the route.

    The use case behind must bear a second run: after a crash in the middle the next request with the key runs it again.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        caller = current_caller()
        if caller is not None and caller.kind == "service":
            # A peer's question names the thing it is about (a ticket, a decision), and that id is the key.
            return current_app.make_response(current_app.ensure_sync(view)(*args, **kwargs))
        key = request.headers.get(HEADER, "").strip()
        if not key or len(key) > LONGEST_KEY:
            raise KeyMissing(f"Send {HEADER} with a value of your own for each new request, up to 255 characters.")
        name = caller.subject if caller else "public"
        db: Database = current_app.extensions["database"]
        if (stored := _claim(db, name, key)) is not None:
            return stored
        try:
            response = current_app.make_response(current_app.ensure_sync(view)(*args, **kwargs))
        except BaseException:
            _release(db, name, key)
            raise
        if response.status_code >= _SERVER_FAULT:
            _release(db, name, key)
        else:
            _store(db, name, key, response)
        return response

    cast("Any", once).idempotent = True
    return cast("View", once)


def _claim(db: Database, caller: str, key: str) -> Response | None:
    """Claim the key for this request (None), or the stored answer of the request that had it."""
    now = clock.now()
    fingerprint = sha256(f"{request.method} {request.path}\n".encode() + request.get_data()).hexdigest()
    mine = (_keys.c.caller == caller) & (_keys.c.key == key)
    with db.transaction() as session:
        new = insert(_keys).values(
            caller=caller, key=key, request_hash=fingerprint, locked_until=now + LOCK, created_at=now
        )
        if session.execute(new.on_conflict_do_nothing().returning(_keys.c.key)).first():
            return None
        row = session.execute(sa.select(_keys).where(mine).with_for_update()).one_or_none()
        if row is None:  # the first request was refused just now, and gave the key back
            raise StillRunning("Wait a moment and send the same request again.")
        if row.request_hash != fingerprint:
            raise KeyReused("The body differs from the first request with this key. Use a new key for a new request.")
        if row.status is not None:
            answer = Response(row.body, row.status, mimetype="application/json")
            answer.headers["Idempotent-Replayed"] = "true"
            if row.location is not None:
                answer.headers["Location"] = row.location
            return answer
        if row.locked_until > now:
            raise StillRunning("Wait a moment and send the same request again.")
        session.execute(_keys.update().where(mine).values(locked_until=now + LOCK))
    return None


def _store(db: Database, caller: str, key: str, response: Response) -> None:
    with db.transaction() as session:
        session.execute(
            _keys.update()
            .where((_keys.c.caller == caller) & (_keys.c.key == key))
            .values(status=response.status_code, body=response.get_data(), location=response.headers.get("Location"))
        )


def _release(db: Database, caller: str, key: str) -> None:
    """A refusal or a fault is not kept: the caller may mend the cause and use the key again."""
    with db.transaction() as session:
        session.execute(
            _keys.delete().where((_keys.c.caller == caller) & (_keys.c.key == key) & _keys.c.status.is_(None))
        )
