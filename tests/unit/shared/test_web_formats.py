"""How a promise stands, in a word and a share of its time; and what a form says of a field."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.reader import reading_in
from shared.web import formats

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "met_after", "state", "words", "percent"),
    [
        (0, None, "calm", "on time", 0),
        (89, None, "calm", "on time", 74),
        (90, None, "near", "due soon", 75),
        (119.9, None, "near", "due soon", 100),
        (120, None, "late", "late", 100),
        (500, None, "late", "late", 100),
        (500, 48, "met", "answered in 48 min", 40),
        (500, 120, "met", "answered in 2 h", 100),
        (500, 132, "missed", "answered 12 min late", 100),
    ],
)
def test_a_promise_is_calm_then_near_then_late_and_stays_what_it_became(
    passed: float, met_after: float | None, state: str, words: str, percent: int
) -> None:
    met_at = None if met_after is None else NOW + timedelta(minutes=met_after)
    due = formats.due_state(NOW + timedelta(hours=2), NOW, NOW + timedelta(minutes=passed), met_at)
    assert (due.state, due.words, due.percent) == (state, words, percent)


def test_a_promise_stands_in_german_words_for_a_german_reader() -> None:
    with reading_in("de"):
        late = formats.due_state(NOW + timedelta(hours=2), NOW, NOW, NOW + timedelta(hours=2, days=2))
        assert late.words == "2 Tage zu spät beantwortet"
        met = formats.due_state(NOW + timedelta(days=9), NOW, NOW, NOW + timedelta(days=2))
        assert met.words == "beantwortet in 2 Tagen"
        assert formats.due_state(NOW, NOW - timedelta(hours=2), NOW).words == "verspätet"


def test_a_field_shows_the_first_of_its_messages() -> None:
    assert formats.message_of({"email": ["No address.", "Too long."]}, "email") == "No address."
    assert formats.message_of({"email": "No address."}, "email") == "No address."
    assert formats.message_of({"email": []}, "email") is None
    assert formats.message_of(None, "email") is None
