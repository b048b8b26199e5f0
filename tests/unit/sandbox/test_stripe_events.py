"""What an update tells of the values before it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.stripe.events import former_values


@pytest.mark.parametrize(
    ("before", "after", "former"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b": 2}),
        ({"metadata": {"x": "1", "y": "2"}}, {"metadata": {"x": "1", "y": "3"}}, {"metadata": {"y": "2"}}),
        ({"metadata": {}}, {"metadata": {"new": "1"}}, {"metadata": {"new": None}}),
        ({"metadata": {"gone": "1"}}, {"metadata": {}}, {"metadata": {"gone": "1"}}),
        ({"items": [1, 2]}, {"items": [1, 3]}, {"items": [1, 2]}),
        ({"address": None}, {"address": {"city": "Bern"}}, {"address": None}),
        ({"_own": 1}, {"_own": 2}, {}),
    ],
)
def test_only_what_changed_is_told_with_its_former_value(
    before: dict[str, Any], after: dict[str, Any], former: dict[str, Any]
) -> None:
    assert former_values(before, after) == former


VALUES = st.recursive(st.integers(0, 3), lambda inner: st.dictionaries(st.sampled_from("abc"), inner), max_leaves=6)
OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES)


def undone(after: Any, former: dict[str, Any]) -> dict[str, Any]:
    """The object before, made of the one after and what was told."""
    made = dict(after)
    for name, was in former.items():
        made[name] = undone(after[name], was) if isinstance(was, dict) and isinstance(after.get(name), dict) else was
    return {name: value for name, value in made.items() if value is not None}


@given(before=OBJECTS, after=OBJECTS)
def test_after_and_the_former_values_make_before(before: dict[str, Any], after: dict[str, Any]) -> None:
    told = former_values(before, after)
    assert bool(told) == (before != after)
    assert undone(after, told) == before
