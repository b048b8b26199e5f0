"""The names of Stripe's own document: operations and their parameters, what can be expanded to what, types of events.

`stripe_names.json` is made from the document (`python -m tests.support.stripe_names`) and never by hand, so that the
stand-in tells apart what Stripe does not know from what it does not do itself.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Names = Mapping[str, Any]


@cache
def _file() -> Names:
    found: Names = json.loads(Path(__file__).with_name("stripe_names.json").read_text(encoding="utf-8"))
    return found


@cache
def _paths() -> list[tuple[str, re.Pattern[str], str]]:
    """Method, pattern and name of each operation; those with fewer placeholders first, as they are narrower."""
    listed = [(*name.split(" ", 1), name) for name in _file()["operations"]]
    listed.sort(key=lambda operation: operation[1].count("{"))
    return [(method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), name) for method, path, name in listed]


def operation_named(method: str, path: str) -> str | None:
    """Stripe's operation behind a request, such as `POST /v1/charges/{charge}`; None where Stripe has none."""
    fitting = (name for known, pattern, name in _paths() if known == method and pattern.fullmatch(path))
    return next(fitting, None)


def parameters_of(operation: str) -> Names:
    """The parameters that Stripe knows for an operation, nested."""
    found: Names = _file()["operations"].get(operation) or {}
    return found


def knows(operation: str, path: tuple[str, ...]) -> bool:
    """Whether Stripe knows a parameter of the operation, named from the outside in (`line_items`, `0`, `price`)."""
    known: Names | None = parameters_of(operation)
    for name in path:
        if not known:
            return False
        if name in known:
            known = known[name]
        elif "[]" in known and name.isdigit():
            known = known["[]"]
        elif "*" in known:
            known = known["*"]
        else:
            return False
    return True


def expandable(kind: str) -> Mapping[str, list[str]]:
    """What of a kind can be expanded: a dotted path, and the kinds that can stand there (`list` for a list)."""
    found: Mapping[str, list[str]] = _file()["expandable"].get(kind, {})
    return found


@cache
def event_types() -> frozenset[str]:
    """All types of events that an endpoint can ask for."""
    return frozenset(_file()["events"])


def unknown_parameters(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    """The parameters of a request that Stripe does not know, as Stripe spells them (`line_items[0][prize]`)."""
    yield from _unknown(operation, given, ())


def _unknown(operation: str, given: Mapping[str, Any], before: tuple[str, ...]) -> Iterator[str]:
    for name, value in given.items():
        path = (*before, name)
        if not knows(operation, path):
            yield path[0] + "".join(f"[{part}]" for part in path[1:])
        elif isinstance(value, Mapping):
            yield from _unknown(operation, value, path)
