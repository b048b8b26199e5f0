"""Events: retrieve and list, by type, types (with `*`), time, and whether delivery succeeded."""

from collections.abc import Mapping

from sandbox.stripe.checks import PAGE, boolean, list_of, text, time_range
from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.every_resource import retrieval
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.work import Operation, Work

KEPT_S = 30 * 24 * 60 * 60
"""Stripe lists events of the last 30 days (https://docs.stripe.com/api/events)."""
_MOST_TYPES = 20
_TYPE = "json_extract(body, '$.type') GLOB ?"
_UNDELIVERED = "EXISTS (SELECT 1 FROM deliveries WHERE event_id = objects.id AND state != 'delivered')"


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", param="types")
    conditions = filters(params)
    if len(params.get("types", [])) > _MOST_TYPES:
        raise invalid(f"You may specify at most {_MOST_TYPES} types.", param="types")
    conditions.append(("created >= ?", (work.now - KEPT_S,)))
    types = params.get("types") or ([params["type"]] if "type" in params else [])
    if types:
        conditions.append((f"({' OR '.join([_TYPE] * len(types))})", types))
    if "delivery_success" in params:
        conditions.append((f"NOT {_UNDELIVERED}" if params["delivery_success"] else _UNDELIVERED, ()))
    return list_page(work, "event", "/v1/events", params, conditions)


_OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/events",
        params={
            **PAGE,
            "created": time_range,
            "delivery_success": boolean,
            "type": text(),
            "types": list_of(text(), longest=20),
        },
        handle=_list,
    ),
    retrieval("/v1/events/{id}", "event"),
)


def _pending(work: Work, shown: Json) -> Json:
    undelivered = work.tx.sql.execute(
        "SELECT count(DISTINCT endpoint_id) FROM deliveries WHERE event_id = ? AND state != 'delivered'", (shown["id"],)
    ).fetchone()
    return shown | {"pending_webhooks": int(undelivered[0])}


register(Resource(kind="event", operations=_OPERATIONS, computed=_pending))
