"""The published shapes of what services say to each other: `python -m tests.support.contract_shapes` adds new ones.

It never changes a shape that stands in the file: a change is a new version, under a new name.
"""

import json
import re
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from shared import contracts
from shared.contracts import EVENTS, decisions, events

PUBLISHED = Path(__file__).parents[1] / "architecture" / "contracts.json"
VERSIONED = re.compile(r"(?P<name>.+?)\.?[Vv](?P<version>[1-9][0-9]*)$")


def schemas() -> dict[str, type[Schema]]:
    """Each schema of the contracts by its name."""
    modules = (contracts, decisions, events)
    found = (one for module in modules for one in vars(module).values())
    return {
        one.__name__: one
        for one in found
        if isinstance(one, type) and issubclass(one, Schema) and one.__module__.startswith("shared.contracts")
    }


def shape(schema: type[Schema]) -> dict[str, str]:
    """The fields of a schema, each with all that a consumer can notice."""
    return {name: _field(field) for name, field in sorted(schema().fields.items())}


def _field(field: fields.Field[Any]) -> str:
    match field:
        case fields.Nested():
            kind = f"Nested {type(field.schema).__name__}"
        case fields.List():
            kind = f"List ({_field(field.inner)})"
        case _:
            kind = type(field).__name__
    told = [kind, "required" if field.required else "optional", *(["may be null"] if field.allow_none else [])]
    return ", ".join([*told, *sorted(map(_rule, field.validators))])


def _rule(validator: Any) -> str:
    match validator:
        case validate.OneOf(choices=choices):
            return f"one of {', '.join(map(str, choices))}"
        case validate.Length(min=least, max=most, equal=equal):
            return f"length {least}..{most} {equal or ''}".strip()
        case validate.Range(min=least, max=most):
            return f"range {least}..{most}"
        case _:
            return type(validator).__name__


def present() -> dict[str, Any]:
    """The shapes and the events as the code has them now."""
    return {
        "events": {name: schema.__name__ for name, schema in sorted(EVENTS.items())},
        "schemas": {name: shape(schema) for name, schema in sorted(schemas().items())},
    }


def published() -> dict[str, Any]:
    """The shapes and the events as they were published."""
    read: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return read


if __name__ == "__main__":
    known = published() if PUBLISHED.exists() else {"events": {}, "schemas": {}}
    now = present()
    merged = {kind: dict(sorted((now[kind] | known[kind]).items())) for kind in now}
    PUBLISHED.write_text(json.dumps(merged, indent=2) + "\n", encoding="utf-8")
