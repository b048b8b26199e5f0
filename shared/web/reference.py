"""The API reference of a service: its OpenAPI 3.1 document, and a page to read it."""

from typing import Any, cast

from apiflask import APIFlask
from flask import Blueprint, Response, current_app, jsonify, render_template

from shared.web.access import access_of, public
from shared.web.idempotency import HEADER

_METHODS = ("get", "post", "put", "patch", "delete")


def routes() -> Blueprint:
    """/openapi.json and /docs."""
    blueprint = Blueprint("reference", __name__)

    @blueprint.get("/openapi.json")
    @public
    def document() -> Response:
        return jsonify(cast("APIFlask", current_app).spec)

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
        return render_template("reference.html", spec=spec, operations=operations)

    return blueprint


def describe(app: APIFlask) -> None:
    """Put into the document what APIFlask cannot see: who may call, the idempotency key, the shape of a problem."""

    def complete(spec: Any) -> Any:
        schemas = spec.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = _PROBLEM
        spec["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a service's signed token."}
        }
        for rule in app.url_map.iter_rules():
            path = rule.rule.replace("<", "{").replace(">", "}").replace("path:", "").replace("int:", "")
            for method, operation in spec["paths"].get(path, {}).items():
                if method.upper() in (rule.methods or ()):
                    _complete_operation(app, rule.endpoint, operation)
        return spec

    app.spec_processor(complete)


def _complete_operation(app: APIFlask, endpoint: str, operation: dict[str, Any]) -> None:
    view, access = app.view_functions[endpoint], access_of(app, endpoint)
    operation["operationId"] = endpoint.replace(".", "_")
    if access and not access.public:
        operation["security"] = [{"bearer": []}]
        callers = [f"service {name}" for name in sorted(access.services)]
        callers += [f"staff ({role})" for role in sorted(access.staff)]
        callers += [f"integrators whose key has {access.scope}"] if access.scope else []
        operation["x-callers"] = callers
    if getattr(view, "idempotent", False):
        operation.setdefault("parameters", []).append(
            {
                "name": HEADER,
                "in": "header",
                "required": True,
                "schema": {"type": "string", "maxLength": 255},
                "description": "Your own value for each new request; a repeat gets the first answer again.",
            }
        )
    for status, answer in operation.get("responses", {}).items():
        if status[0] in "45":
            answer["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


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
