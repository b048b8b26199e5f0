"""Records what happened as Stripe's events, with a delivery for each webhook endpoint, in the same transaction."""

import json
from fnmatch import fnmatchcase

from sandbox.stripe import faults
from sandbox.stripe.errors import Json
from sandbox.stripe.ids import new_id
from sandbox.stripe.views import show
from sandbox.stripe.work import API_VERSION, Work

REORDER_HOLD_S = 10.0


def emit(work: Work, event_type: str, stored: Json, previous: Json | None = None) -> Json:
    """Record the event about the object as it stands now. `previous`: the changed fields' former values."""
    content: Json = {"object": show(work, stored)}
    if previous is not None:
        content["previous_attributes"] = previous
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": work.now,
        "data": content,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": work.request_id, "idempotency_key": work.idempotency_key},
        "type": event_type,
    }
    work.add(event)
    schedule(work, event, stored["id"])
    return event


def schedule(work: Work, event: Json, subject_id: str) -> None:
    """Have the event delivered to each endpoint that wants it."""
    for endpoint in work.tx.select("webhook_endpoint", newest_first=False):
        if endpoint["status"] == "enabled" and _wants(endpoint, event["type"]):
            _schedule(work, event, endpoint["id"], subject_id)


def emit_update(work: Work, event_type: str, before: Json, after: Json) -> None:
    """Record an update with the former values of what changed; no change, no event."""
    if changed := former_values(before, after):
        emit(work, event_type, after, previous=changed)


def former_values(before: Json, after: Json) -> Json:
    """What was there before, of what has changed: inside of mappings only the names that changed, lists as a whole.

    A name that is new has null as its former value, as with Stripe (https://docs.stripe.com/api/events/object).
    """
    changed: Json = {}
    for name in before.keys() | after.keys():
        was, becomes = before.get(name), after.get(name)
        if name.startswith("_") or was == becomes:
            continue
        if isinstance(was, dict) and isinstance(becomes, dict):
            changed[name] = former_values(was, becomes)
        else:
            changed[name] = was
    return dict(sorted(changed.items()))


def _wants(endpoint: Json, event_type: str) -> bool:
    return any(fnmatchcase(event_type, pattern) for pattern in endpoint["enabled_events"])


def _schedule(work: Work, event: Json, endpoint_id: str, subject_id: str) -> None:
    """One delivery, bent by the faults that are switched on."""
    state, due, copies, twist, payload = "pending", float(work.now), 1, None, None
    for fault in faults.take(work.tx, "webhook", event["type"]):
        match fault.kind:
            case "webhook.drop":
                state = "dropped"
            case "webhook.duplicate":
                copies += 1
            case "webhook.delay":
                due = work.now + fault.seconds
            case "webhook.reorder":
                due, twist = work.now + REORDER_HOLD_S, "reorder"
            case "webhook.stale":
                former = work.tx.before(subject_id) or event["data"]["object"]
                payload = json.dumps(event | {"data": {"object": show(work, former)}})
            case "webhook.bad_signature" | "webhook.old_timestamp":
                twist = fault.kind.removeprefix("webhook.")
    for _ in range(copies):
        work.tx.sql.execute(
            "INSERT INTO deliveries (event_id, event_type, endpoint_id, state, due, twist, payload)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (event["id"], event["type"], endpoint_id, state, due, twist, payload),
        )
