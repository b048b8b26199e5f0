"""The names that Stripe's document knows, for the stand-in: `python -m tests.support.stripe_names` writes its file.

The document itself is a development dependency and large; the stand-in ships only names: each operation's parameters
as nested mappings (`*` stands for free keys, `[]` for the entries of a list), what can be expanded to which kinds of
object, and the types of events.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.stripe_document import document

FILE = Path(__file__).parents[2] / "sandbox" / "stripe" / "stripe_names.json"
_METHODS = ("get", "post", "delete")
_DEEPEST = 4


def names() -> dict[str, Any]:
    """All names of the document."""
    found = document()
    return {
        "version": found["info"]["version"],
        "operations": dict(sorted(_operations(found["paths"]))),
        "expandable": dict(sorted(_expandable(found["components"]["schemas"]))),
        "events": sorted(_event_types(found)),
    }


def _operations(paths: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        (f"{method.upper()} {path}", _parameters(operations[method]))
        for path, operations in paths.items()
        for method in _METHODS
        if method in operations
    ]


def _parameters(operation: Mapping[str, Any]) -> dict[str, Any]:
    query = {
        parameter["name"]: _tree(parameter["schema"])
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    return query | (_tree(form.get("schema", {})) or {})


def _tree(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The names inside a parameter; None for a value without any."""
    inside: dict[str, Any] = {}
    for option in (schema, *schema.get("anyOf", [])):
        inside |= {name: _tree(value) for name, value in option.get("properties", {}).items()}
        if "items" in option:
            inside["[]"] = (inside.get("[]") or {}) | (_tree(option["items"]) or {})
        if isinstance(option.get("additionalProperties"), Mapping):
            inside["*"] = _tree(option["additionalProperties"])
    return inside or None


def _expandable(schemas: Mapping[str, Any]) -> list[tuple[str, dict[str, list[str]]]]:
    kinds = {name: schema["properties"]["object"]["enum"][0] for name, schema in schemas.items() if _kind(schema)}
    found: dict[str, dict[str, list[str]]] = {}
    for name, kind in kinds.items():
        found[kind] = found.get(kind, {}) | _fields(schemas, kinds, name, "", 0)
    return [(kind, dict(sorted(fields.items()))) for kind, fields in found.items() if fields]


def _kind(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("properties", {}).get("object", {}).get("enum"))


def _fields(schemas: Mapping[str, Any], kinds: Mapping[str, str], name: str, before: str, depth: int) -> dict[str, Any]:
    """Dotted paths of what can be expanded, with the kinds that can stand there; also inside of plain parts."""
    schema = schemas[name]
    fields: dict[str, Any] = {}
    for field in schema.get("x-expandableFields", []):
        value = schema["properties"].get(field, {})
        path = f"{before}{field}"
        if "x-expansionResources" in value:
            options = value["x-expansionResources"]["oneOf"]
            named = {kinds.get(_named(option)) for option in options if not _named(option).startswith("deleted_")}
            fields[path] = sorted(kind for kind in named if kind)
        elif value.get("properties", {}).get("data"):
            fields[path] = ["list"]
        elif depth < _DEEPEST:
            for part in (_named(option) for option in (value, *value.get("anyOf", [])) if "$ref" in option):
                if part not in kinds:
                    fields |= _fields(schemas, kinds, part, f"{path}.", depth + 1)
    return fields


def _named(reference: Mapping[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def _event_types(found: Mapping[str, Any]) -> list[str]:
    form = found["paths"]["/v1/webhook_endpoints"]["post"]["requestBody"]["content"][
        "application/x-www-form-urlencoded"
    ]
    listed: list[str] = form["schema"]["properties"]["enabled_events"]["items"]["enum"]
    return [name for name in listed if name != "*"]


def written() -> str:
    """The file's text: one operation, kind or type a line, so that a newer document shows as a small difference."""
    parts = []
    for name, value in names().items():
        if isinstance(value, dict):
            lines = ",\n".join(f"  {json.dumps(key)}: {_compact(entry)}" for key, entry in value.items())
            parts.append(f" {json.dumps(name)}: {{\n{lines}\n }}")
        elif isinstance(value, list):
            lines = ",\n".join(f"  {json.dumps(entry)}" for entry in value)
            parts.append(f" {json.dumps(name)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
