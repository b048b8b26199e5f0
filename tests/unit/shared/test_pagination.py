"""A cursor is a place in a list, and nothing that a client makes up."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.pagination import CursorInvalid, decode_cursor, encode_cursor

PLACES = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.integers(0, 2**62),
    min_size=1,
    max_size=4,
)


@given(PLACES)
def test_a_cursor_leads_back_to_the_place_it_was_made_of(place: list[Any]) -> None:
    assert decode_cursor(encode_cursor(*place), len(place)) == place


def test_no_cursor_is_the_beginning() -> None:
    assert decode_cursor(None, 2) is None


def made_up(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "%%%", "ä", "=", made_up("text"), made_up({"a": 1}), made_up([]), made_up(["one too few"]),
        made_up([1, 2, 3]), made_up([{"a": 1}, 2]), made_up([None, 2]), made_up([True, 2]), made_up([1.5, 2]),
        made_up(["nul \0", 2]), made_up([10**40, 2]), made_up(["\ud800", 2]), "W" * 4_000,
        base64.urlsafe_b64encode(b"[" * 3_000).decode(), base64.urlsafe_b64encode(b"9" * 4_400).decode(),
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_of_ours_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(CursorInvalid, match="Use next_cursor of the page before") as refusal:
        decode_cursor(cursor, 2)
    assert (refusal.value.field, refusal.value.status) == ("cursor", 422)


@given(st.text())
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with contextlib.suppress(CursorInvalid):
        decode_cursor(text, 1)
