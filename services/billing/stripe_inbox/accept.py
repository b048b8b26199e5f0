"""Accept a webhook: believe its signature, keep its bytes, wake the job; everything else comes later."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from services.billing.context import Context
from services.billing.stripe_inbox import store as webhook_events
from services.billing.stripe_inbox.errors import WebhookNotAuthentic
from services.billing.stripe_inbox.handle import HANDLERS
from services.billing.stripe_inbox.signature import verify_signature
from shared import clock
from shared.db import wake_after_commit


@dataclass(frozen=True, kw_only=True, slots=True)
class _Facts:
    """What is believed of a signed body before its work: which event it is. `created_at` is by Stripe's clock."""

    event_id: str
    type: str
    created_at: datetime


def accept_webhook(context: Context, body: bytes, signature: str | None) -> bool:
    """Keep a webhook that Stripe signed within the last five minutes; False when it was here before.

    Raises WebhookNotAuthentic, with nothing written and the body not parsed.
    """
    now = clock.now()
    verify_signature(signature, body, secrets=context.settings.stripe_webhook_secrets, now=now)
    event = _read(body, now)
    needs_work = event.type in HANDLERS
    with context.db.single() as session:
        new = webhook_events.store(
            session,
            event_id=event.event_id,
            event_type=event.type,
            source="webhook",
            body=body,
            created_at=event.created_at,
            now=now,
            needs_work=needs_work,
        )
        if new and needs_work:
            wake_after_commit(session, "handle_due_events")
    return new


def _read(body: bytes, now: datetime) -> _Facts:
    """Which event a signed body is. Odd facts are no reason to refuse it: Stripe would send it again for days."""
    try:
        event = json.loads(body)
        event_id, kind, created = event["id"], event["type"], event["created"]
        if isinstance(event_id, str) and isinstance(kind, str) and isinstance(created, int):
            return _Facts(event_id=_storable(event_id), type=_storable(kind), created_at=_moment(created, now))
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise WebhookNotAuthentic("The body is signed and is no event: it needs id, type and created.")


def _moment(created: int, now: datetime) -> datetime:
    """A moment that Python or Postgres cannot hold says nothing; then the event was made when it came."""
    try:
        return datetime.fromtimestamp(created, UTC)
    except (ValueError, OverflowError, OSError):
        return now


def _storable(text: str) -> str:
    """Postgres takes neither NUL nor half characters; the bytes of the body are kept as they are."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
