"""The API reference of a service: its OpenAPI 3.1 document, and a page to read it."""

import json
from typing import Any, cast

from apiflask import APIFlask
from flask import Blueprint, Flask, Response, current_app, render_template

from shared.web.access import Access, access_of, public, scopes_of
from shared.web.examples import example
from shared.web.idempotency import HEADER

_METHODS = ("get", "post", "put", "patch", "delete")
_REFUSALS = {
    "401": "No credential, or one that is not good. `WWW-Authenticate` names the kind that is asked for.",
    "403": "The credential is good and does not allow this: another scope, role or service is needed.",
    "404": "There is no such thing, or it is not yours.",
    "409": "The thing has moved on, or the same request is being worked on just now. Look again, or wait a moment.",
    "422": "The input is not valid: `errors` names each field at fault.",
    "429": "That was too often, from this network or with this key. `Retry-After` says how many seconds to wait.",
}
_INTERNAL = "/events"


def routes() -> Blueprint:
    """/openapi.json and /docs."""
    blueprint = Blueprint("reference", __name__)

    @blueprint.get("/openapi.json")
    @public
    def document() -> Response:
        # Not by jsonify: it sorts, and what is public comes first.
        return Response(json.dumps(cast("APIFlask", current_app).spec), mimetype="application/json")

    @blueprint.get("/docs")
    @public
    def page() -> str:
        spec: Any = cast("APIFlask", current_app).spec
        operations = [
            {"method": method.upper(), "path": path, **item[method]}
            for path, item in spec["paths"].items()
            for method in _METHODS
            if method in item
        ]
        return render_template(
            "reference.html",
            spec=spec,
            operations=operations,
            scopes=scopes_of(current_app),
            first_call=_first_call(operations),
            pretty=_pretty,
        )

    return blueprint


def _first_call(operations: list[dict[str, Any]]) -> str:
    """What somebody with a new key tries first: a list that needs nothing but the key."""
    for one in operations:
        needs = any(parameter.get("required") for parameter in one.get("parameters", ()))
        if one["method"] == "GET" and not needs and any("api_key" in way for way in one.get("security", ())):
            return str(one["path"]).lstrip("/")
    return ""


def _pretty(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def describe(app: APIFlask) -> None:
    """Put into the document what APIFlask cannot see: who may call and how, each refusal, an example of each body."""

    def complete(spec: Any) -> Any:
        schemas = spec.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = _PROBLEM
        spec["components"]["securitySchemes"] = _security_schemes(app)
        places: dict[str, int] = {}
        for rule in app.url_map.iter_rules():
            path = rule.rule.replace("<", "{").replace(">", "}").replace("path:", "").replace("int:", "")
            for method, operation in spec["paths"].get(path, {}).items():
                if method.upper() in (rule.methods or ()):
                    access = access_of(app, rule.endpoint) or Access()
                    _complete_operation(app, rule.endpoint, access, operation, in_path="{" in path)
                    _add_examples(operation, schemas)
                    places[path] = min(places.get(path, 9), _place(path, access))
        spec["paths"] = {
            path: spec["paths"][path] for path in sorted(spec["paths"], key=lambda one: (places[one], one))
        }
        used = [tag for item in spec["paths"].values() for one in item.values() for tag in one.get("tags", ())]
        spec.get("tags", []).sort(key=lambda tag: used.index(tag["name"]) if tag["name"] in used else len(used))
        return spec

    app.spec_processor(complete)


def _place(path: str, access: Access) -> int:
    """What integrators call comes first, what only our own services call last."""
    if path.startswith("/v1/"):
        return 0 if access.public or access.scope else 1
    return 3 if path == _INTERNAL else 2


def _security_schemes(app: Flask) -> dict[str, Any]:
    return {
        "api_key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An integrator's key: `Authorization: Bearer psk_...`. It has scopes; an operation names "
            "the one that it needs.",
        },
        "service": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of a minute that another service of the product signs with its own key (Ed25519).",
        },
        "staff": {
            "type": "apiKey",
            "in": "cookie",
            "name": app.config["SESSION_COOKIE_NAME"],
            "description": "The session of somebody who signed in; an operation names the roles, of which one is "
            "needed. What changes something needs the page's `X-CSRFToken`, too.",
        },
    }


def _security(access: Access) -> list[dict[str, list[str]]]:
    """Any one of these is enough (OpenAPI 3.1: scopes and roles stand beside the name of their scheme)."""
    ways = [{"api_key": [access.scope]}] if access.scope else []
    ways += [{"staff": sorted(access.staff)}] if access.staff else []
    ways += [{"service": sorted(access.services)}] if access.services else []
    return ways


def _complete_operation(
    app: APIFlask, endpoint: str, access: Access, operation: dict[str, Any], *, in_path: bool
) -> None:
    view = app.view_functions[endpoint]
    operation["operationId"] = endpoint.replace(".", "_")
    answers = operation.setdefault("responses", {})
    possible = {"404"} if in_path else set()
    if not access.public:
        operation["security"] = _security(access)
        possible |= {"401", "403", "429"}
    if getattr(view, "idempotent", False):
        possible |= {"409", "422"}
        operation.setdefault("parameters", []).append(
            {
                "name": HEADER,
                "in": "header",
                "required": True,
                "schema": {"type": "string", "maxLength": 255},
                "example": "order-1042-first-try",
                "description": "Your own value for each new request; a repeat gets the first answer again.",
            }
        )
    for status in possible:
        answers.setdefault(status, {})
    for status, answer in answers.items():
        if status[0] in "45":
            answer["description"] = _REFUSALS.get(status, answer.get("description", ""))
            answer["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(answers.items()))


def _add_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    taken = operation.get("requestBody", {}).get("content", {})
    given = [
        body
        for status, one in operation["responses"].items()
        if status[0] == "2"
        for body in one.get("content", {}).values()
    ]
    for body in (*taken.values(), *given):
        body.setdefault("example", example(body["schema"], schemas))


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `errors` names each field at fault; `detail` says what to do.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "facts": {"type": "object"},
    },
}
