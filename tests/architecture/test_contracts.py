"""What services say to each other keeps its shape: a change is a new version beside the old one."""

import ast

import pytest

from shared.contracts import EVENTS
from tests.support.contract_shapes import VERSIONED, present, published, schemas
from tests.support.declared import calls, sources
from tests.support.settings import SERVICES


def texts(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("kind", ["schemas", "events"])
def test_a_published_shape_has_not_changed(kind: str) -> None:
    now = present()[kind]
    for name, shape in published()[kind].items():
        assert now.get(name) == shape, f"{name} was published so: make a new version of it, beside the old one"


@pytest.mark.parametrize("kind", ["schemas", "events"])
def test_each_shape_is_published(kind: str) -> None:
    new = present()[kind].keys() - published()[kind].keys()
    assert not new, "a new version? Publish it: python -m tests.support.contract_shapes"


def test_each_schema_and_each_event_has_its_version_in_its_name() -> None:
    assert all(VERSIONED.fullmatch(name) for name in schemas())
    for event, schema in EVENTS.items():
        named = VERSIONED.fullmatch(event)
        described = VERSIONED.fullmatch(schema.__name__)
        assert named, event
        assert described, schema
        assert named["version"] == described["version"]
        assert event.partition(".")[0] in SERVICES, "an event is named for who tells it"


def test_a_contract_refuses_what_it_does_not_know() -> None:
    assert all(schema().unknown == "raise" for schema in schemas().values())


def test_each_event_is_told_by_the_service_that_it_is_named_for_and_taken_by_another() -> None:
    told: dict[str, set[str]] = {event: set() for event in EVENTS}
    named: dict[str, set[str]] = {event: set() for event in EVENTS}
    for path, tree in sources("services").items():
        written = texts(tree)
        for event in EVENTS:
            if event in written:
                named[event].add(path.parts[1])
                if calls(tree, "publish"):
                    told[event].add(path.parts[1])
    for event in EVENTS:
        teller = event.partition(".")[0]
        assert told[event] == {teller}, f"{event} is published by {told[event] or 'nobody'}"
        assert named[event] - {teller}, f"nobody takes {event}"
