"""What services say to each other keeps its shape: it grows by optional fields; any other change is a new version."""

import ast

import pytest

from shared.contracts import EVENTS
from tests.support.contract_shapes import VERSIONED, nested, present, published, required_of_old_producers, schemas
from tests.support.declared import calls, sources
from tests.support.settings import SERVICES


def texts(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_a_published_event_and_a_published_field_have_not_changed() -> None:
    now, before = present(), published()
    assert now["events"].items() >= before["events"].items(), "an event that changes is a new version of it"
    for name, known in before["schemas"].items():
        changed = {field: told for field, told in known.items() if now["schemas"].get(name, {}).get(field) != told}
        assert not changed, f"these fields of {name} were published so: make a new version of it, beside the old one"


def test_a_field_that_joins_a_published_shape_is_optional() -> None:
    assert not required_of_old_producers(), "a new field is optional, or belongs to a new version"


@pytest.mark.parametrize("kind", ["schemas", "events"])
def test_what_is_new_is_published_and_held_from_then_on(kind: str) -> None:
    now, before = present()[kind], published()[kind]
    assert now.keys() == before.keys(), "a new version? Publish it: python -m tests.support.contract_shapes"
    if kind == "schemas":
        new = {name: fields.keys() - before[name].keys() for name, fields in now.items()}
        assert not any(new.values()), "a new field? Publish it: python -m tests.support.contract_shapes"


def test_each_schema_and_each_event_has_its_version_in_its_name() -> None:
    assert all(VERSIONED.fullmatch(name) for name in schemas())
    for event, schema in EVENTS.items():
        named = VERSIONED.fullmatch(event)
        described = VERSIONED.fullmatch(schema.__name__)
        assert named, event
        assert described, schema
        assert named["version"] == described["version"]
        assert event.partition(".")[0] in SERVICES, "an event is named for who tells it"


def test_a_contract_leaves_out_what_it_does_not_know_at_each_level() -> None:
    known = schemas()
    for name, schema in known.items():
        assert schema().unknown == "exclude", name
        for field, read in schema().fields.items():
            inside = nested(read)
            assert inside is None or inside.__name__ in known, f"{name}.{field}"
            assert getattr(read, "unknown", None) is None, f"{name}.{field} has a rule of its own"


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
