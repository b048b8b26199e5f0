"""The published shapes of what services say to each other: `python -m tests.support.contract_shapes` adds what is new.

It adds shapes, events and fields, and never changes one that stands in the file: a change is a new version, under a
new name. Before the first release the file may be deleted, to begin anew.
"""

import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

from marshmallow import fields, validate

from shared import contracts
from shared.contracts import EVENTS
from shared.contracts.contract import Contract

PUBLISHED = Path(__file__).parents[1] / "architecture" / "contracts.json"
VERSIONED = re.compile(r"(?P<name>.+?)\.?[Vv](?P<version>[1-9][0-9]*)$")


def schemas() -> dict[str, type[Contract]]:
    """Each schema of the contracts by its name."""
    modules = [
        importlib.import_module(f"{contracts.__name__}.{one.name}") for one in pkgutil.iter_modules(contracts.__path__)
    ]
    found = (one for module in modules for one in vars(module).values())
    shapes = (one for one in found if isinstance(one, type) and issubclass(one, Contract))
    return {one.__name__: one for one in shapes if one is not Contract}


def nested(field: Any) -> type[Contract] | None:
    """The contract inside of a field, if there is one."""
    match field:
        case fields.Nested():
            inside = type(field.schema)
            assert issubclass(inside, Contract), f"{inside} is nested in a contract and is none"
            return inside
        case fields.List():
            return nested(field.inner)
        case _:
            return None


def shape(schema: type[Contract]) -> dict[str, str]:
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
    if not PUBLISHED.exists():
        return {"events": {}, "schemas": {}}
    read: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return read


def required_of_old_producers() -> set[str]:
    """Fields that joined a published shape and are required: an older producer does not send them."""
    before, known = published()["schemas"], schemas()
    return {
        f"{name}.{field}"
        for name in before.keys() & known.keys()
        for field, read in known[name]().fields.items()
        if read.required and field not in before[name]
    }


def _merged(now: Any, before: Any) -> Any:
    """What was published, with what is new beside it, at each level."""
    if not isinstance(now, dict) or not isinstance(before, dict):
        return before
    return now | {name: _merged(now.get(name), value) for name, value in before.items()}


if __name__ == "__main__":
    if wrong := required_of_old_producers():
        sys.exit(f"A field that joins a published shape is optional, or belongs to a new version: {sorted(wrong)}")
    everything = _merged(present(), published())
    PUBLISHED.write_text(json.dumps(everything, indent=2, sort_keys=True) + "\n", encoding="utf-8")
