"""Accept a webhook: believe its signature, keep its bytes, wake the job; everything else comes later."""

import json
from datetime import UTC, datetime
from typing import Any

from services.billing.context import Context
from services.billing.stripe_inbox import store as webhook_events
from services.billing.stripe_inbox.errors import WebhookNotAuthentic
from services.billing.stripe_inbox.handle import HANDLERS
from services.billing.stripe_inbox.signature import verify_signature
from shared import clock
from shared.db import wake_after_commit


def accept_webhook(context: Context, body: bytes, signature: str | None) -> bool:
    """Keep a webhook that Stripe signed within the last five minutes; False when it was here before.

    Raises WebhookNotAuthentic, with nothing written.
    """
    now = clock.now()
    verify_signature(signature, body, secrets=context.settings.stripe_webhook_secrets, now=now)
    event = _read(body)
    with context.db.transaction() as session:
        new = webhook_events.store(
            session,
            event_id=event["id"],
            event_type=event["type"],
            source="webhook",
            body=body,
            created_at=datetime.fromtimestamp(event["created"], UTC),
            now=now,
            needs_work=event["type"] in HANDLERS,
        )
        if new and event["type"] in HANDLERS:
            wake_after_commit(session, "handle_stripe_event", event["id"])
    return new


def _read(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
        if isinstance(event["id"], str) and isinstance(event["type"], str) and isinstance(event["created"], int):
            return dict(event)
    except (ValueError, TypeError, KeyError):
        pass
    raise WebhookNotAuthentic("The body is signed and is no event: it needs id, type and created.")
