"""Webhook endpoints: create (the only reply with the secret), retrieve, update, delete, list."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe import names
from sandbox.stripe.checks import EXPAND, PAGE, Check, Need, boolean, choice, list_of, metadata, text, url
from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.every_resource import merged_metadata, retrieval
from sandbox.stripe.ids import new_id
from sandbox.stripe.listing import list_page
from sandbox.stripe.machine import machine
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.views import show
from sandbox.stripe.work import API_VERSION, Operation, Work


def _event_type(value: Any, param: str) -> str:
    name = str(text()(value, param))
    if name != "*" and name not in names.event_types():
        raise invalid(f"Invalid {param}: {name} is no type of event that an endpoint can be told of", param=param)
    return name


_UPDATE: dict[str, Check | Need] = {
    "description": text(unsettable=True),
    "disabled": boolean,
    "enabled_events": list_of(_event_type),
    "metadata": metadata,
    "url": url,
}


def new_endpoint(work: Work, params: Json, *, secret: str | None = None, from_settings: bool = False) -> Json:
    """Store an endpoint; `secret` is given where both sides must know it before they start."""
    return work.add(
        {
            "id": new_id("we"),
            "object": "webhook_endpoint",
            "api_version": params.get("api_version"),
            "application": None,
            "created": work.now,
            "description": params.get("description"),
            "enabled_events": params["enabled_events"],
            "livemode": False,
            "metadata": merged_metadata(None, params),
            "status": "enabled",
            "url": params["url"],
            "_secret": secret or new_id("whsec"),
            "_from_settings": from_settings,
        }
    )


def _create(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    if not params["enabled_events"]:
        raise invalid("You must specify at least one event.", param="enabled_events")
    endpoint = new_endpoint(work, params)
    return show(work, endpoint, params.get("expand")) | {"secret": endpoint["_secret"]}


def _update(work: Work, path: Mapping[str, str], params: Json) -> Json:
    before = work.must("webhook_endpoint", path["webhook_endpoint"])
    after = before | {name: params[name] for name in ("description", "enabled_events", "url") if name in params}
    after["metadata"] = merged_metadata(before["metadata"], params)
    if "disabled" in params:
        after["status"] = "disabled" if params["disabled"] else "enabled"
    return show(work, work.put(after), params.get("expand"))


def roll_secret(work: Work, endpoint: Json, *, old_lasts_s: int) -> Json:
    """Give the endpoint a new secret; until the old one ends, deliveries are signed with both."""
    former = {"_former_secret": endpoint["_secret"], "_former_until": work.now + old_lasts_s}
    return work.put(endpoint | former | {"_secret": new_id("whsec")})


def secrets_of(endpoint: Json, now: float) -> list[str]:
    """The secrets that sign a delivery now, the newest first."""
    former = [endpoint["_former_secret"]] if endpoint.get("_former_until", 0) > now else []
    return [endpoint["_secret"], *former]


def _delete(work: Work, path: Mapping[str, str], _params: Json) -> Json:
    endpoint = work.must("webhook_endpoint", path["webhook_endpoint"])
    work.tx.remove(endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return list_page(work, "webhook_endpoint", "/v1/webhook_endpoints", params)


_ONE = "/v1/webhook_endpoints/{webhook_endpoint}"

_OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/webhook_endpoints",
        params={
            **EXPAND,
            "api_version": choice(API_VERSION),
            "description": text(unsettable=True),
            "enabled_events": Need(list_of(_event_type)),
            "metadata": metadata,
            "url": Need(url),
        },
        handle=_create,
    ),
    Operation(method="GET", path="/v1/webhook_endpoints", params=PAGE, handle=_list),
    retrieval(_ONE, "webhook_endpoint"),
    Operation(method="POST", path=_ONE, params={**EXPAND, **_UPDATE}, handle=_update),
    Operation(method="DELETE", path=_ONE, params={}, handle=_delete),
)

register(
    Resource(
        kind="webhook_endpoint",
        noun="webhook endpoint",
        operations=_OPERATIONS,
        machine=machine("enabled", enabled="disabled", disabled="enabled"),
    )
)
