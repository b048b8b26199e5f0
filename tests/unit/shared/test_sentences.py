"""Sentences are stored as code and parameters, and worded for whoever reads them."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ServiceError
from shared.language import N_
from shared.money import Money
from shared.phrasebook import Phrasebook, Plural
from shared.reader import LANGUAGES, reading_in
from shared.sentences import Sentence, Words
from shared.web.problems import words_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BOOK = Phrasebook(
    {
        "paid": "%(name)s paid %(price)s on %(at|day)s.",
        "moved": "Promised by %(at)s.",
        "target": "A person answers %(target|within)s, from %(at|day_time)s.",
        "used": Plural("%(num)s incident was used.", "%(num)s incidents were used."),
        "known": "just now",
    }
)
VALUES = (
    st.text()
    | st.integers(-(10**9), 10**9)
    | st.timedeltas(timedelta(days=-9_000), timedelta(days=9_000)).map(lambda distance: NOW + distance)
    | st.dates(date(1990, 1, 1), date(2090, 1, 1))
    | st.timedeltas(timedelta(0), timedelta(days=900))
    | st.builds(Words, st.dictionaries(st.text(), st.text()).map(lambda words: words | {"en": "by day"}))
    | st.builds(Money, st.integers(-(10**9), 10**9), st.sampled_from(["usd", "eur", "jpy"]))
)


@given(st.dictionaries(st.text(), VALUES))
def test_a_sentence_comes_back_from_storage_as_it_was(parameters: dict[str, Any]) -> None:
    sentence = Sentence(code="any", parameters=parameters)
    assert Sentence.from_json(json.loads(json.dumps(sentence.as_json()))) == sentence


def test_a_sentence_reads_in_the_language_and_zone_of_its_reader() -> None:
    paid = Sentence.of("paid", name="Jo", price=Money(4900, "usd"), at=NOW)
    assert BOOK.show(paid) == "Jo paid $49.00 on Tue 24 Nov 2026."
    moved = Sentence.of("moved", at=NOW + timedelta(hours=2))
    assert BOOK.show(moved, zone="Europe/Berlin", now=NOW) == "Promised by Tue 15:00 CET."
    with reading_in("de", "Europe/Berlin"):
        assert BOOK.show(moved, now=NOW) == "Promised by Di., 15:00 Uhr MEZ."
        assert BOOK.show(Sentence.of("known")) == "gerade eben"


def test_words_that_are_data_read_in_the_language_of_the_reader_and_in_english_where_it_has_none() -> None:
    said = Sentence.of("paid", name=Words({"en": "by day", "de": "tags"}), price="-", at=NOW)
    assert BOOK.show(said).startswith("by day paid")
    with reading_in("de"):
        assert BOOK.show(said).startswith("tags paid")
        assert BOOK.show(Sentence.of("paid", name=Words({"en": "by day"}), price="-", at=NOW)).startswith("by day paid")


def test_a_phrase_chooses_the_form_of_a_parameter() -> None:
    target = Sentence.of("target", target=timedelta(hours=2), at=NOW)
    assert BOOK.show(target, now=NOW) == "A person answers within 2 hours, from 12:00 UTC today."


def test_a_number_decides_between_one_and_many() -> None:
    assert BOOK.show(Sentence.of("used", num=1)) == "1 incident was used."
    assert BOOK.show(Sentence.of("used", num=1200)) == "1,200 incidents were used."


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence.of("of_a_newer_release"),
        Sentence.of("paid", name="Jo"),
        Sentence.of("target", target="soon", at=NOW),
        Sentence.of("used", num="many"),
        Sentence.of("moved"),
    ],
    ids=lambda sentence: sentence.code,
)
def test_what_has_no_words_or_does_not_fit_them_is_told_and_never_breaks_a_page(
    sentence: Sentence, capsys: pytest.CaptureFixture[str]
) -> None:
    assert BOOK.show(sentence) == f"Something happened that has no words here ({sentence.code})."
    with reading_in("de"):
        assert sentence.code in BOOK.show(sentence)
    assert sentence.code in capsys.readouterr().out


@given(st.sampled_from(sorted(BOOK.phrases)), st.dictionaries(st.sampled_from(["name", "at", "num", "target"]), VALUES))
def test_no_parameters_whatever_break_a_page(code: str, parameters: dict[str, Any]) -> None:
    for language in LANGUAGES:
        with reading_in(language):
            assert BOOK.show(Sentence(code=code, parameters=parameters))


def test_what_a_newer_release_stored_is_read_as_text() -> None:
    stored = {"code": "moved", "parameters": {"at": {"century": 21}}}
    assert BOOK.show(Sentence.from_json(stored)) == "Promised by {'century': 21}."


def test_a_moment_without_a_zone_is_not_stored() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Sentence.of("moved", at=NOW.replace(tzinfo=None)).as_json()


def test_rooms_put_their_phrases_together_and_a_code_means_one_thing() -> None:
    both = BOOK | Phrasebook({"other": "Other."})
    assert both.show(Sentence.of("other")) == "Other."
    with pytest.raises(ValueError, match="paid"):
        BOOK | Phrasebook({"paid": "Twice."})


class Refused(ServiceError):
    """A refusal with facts."""

    code = "refused"


def test_a_refusal_is_english_to_programs_and_in_the_readers_language_to_people() -> None:
    refusal = Refused(N_("Copy %(id)s"), id="x")
    with reading_in("de"):
        assert (refusal.message, str(refusal)) == ("Copy x", "Copy x")
        assert words_of(refusal) == "x kopieren"


def test_the_facts_of_a_refusal_stand_in_its_message() -> None:
    assert Refused("Choose one of %(valid)s.", valid=["usd", "eur"]).message == "Choose one of usd, eur."


@pytest.mark.parametrize("message", ["It is 100 % over.", "A peer says %(what)s.", "%d", "%"])
def test_words_of_somebody_else_are_no_template(message: str) -> None:
    refusal = Refused(message, peer="billing")
    assert refusal.message == message
    assert words_of(refusal) == message
