"""What is kept of what people type."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.queue.tickets.text import one_line, plain_text

FAMILY = "👨\u200d👩\u200d👧"
PERSIAN = "نمی\u200cشود"
HINDI = "क्\u200dष"


@pytest.mark.parametrize("words", [FAMILY, PERSIAN, HINDI, "❤️", "x\u200fא", "🫨", "Jo O\u2019Neil"])
def test_joiners_and_all_that_can_be_read_are_kept(words: str) -> None:
    assert one_line(f" {words} ") == words
    assert plain_text(f"{words}\r\n{words}") == f"{words}\n{words}"


@pytest.mark.parametrize(
    "sign",
    ["\u202e", "\u202a", "\u2066", "\u2069", "\0", "\x1b", "\x9b", "\u200b", "\ufeff", "\u00ad", "\U000e0041", "\x7f"],
)
def test_what_turns_hides_or_controls_is_left_out_and_leaves_no_gap(sign: str) -> None:
    assert one_line(f"invoice{sign}fdp.exe") == "invoicefdp.exe"
    assert plain_text(f"invoice{sign}fdp.exe") == "invoicefdp.exe"


@given(st.text())
def test_nothing_dangerous_survives_and_a_second_time_changes_nothing(words: str) -> None:
    for clean in (plain_text, one_line):
        kept = clean(words)
        assert clean(kept) == kept
        assert {unicodedata.bidirectional(sign) for sign in kept}.isdisjoint(
            {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        )
        assert all(unicodedata.category(sign) not in {"Cc", "Cs"} or sign in "\n\t" for sign in kept)
    assert len(one_line(words).splitlines()) <= 1


@pytest.mark.parametrize("words", ["\u200d", " \u200c\u200f ", "\u2028", "\u202e"])
def test_words_of_which_nothing_can_be_seen_are_none(words: str) -> None:
    assert plain_text(words) == one_line(words) == ""
