"""Who reads: the best of our languages that a browser asks for, and a zone that exists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reader import LANGUAGES, SOURCE, Reader, preferred, reader, reading_in


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de_AT"),
        ("fr-FR,fr;q=0.9,de;q=0.2", "de"),
        ("en;q=0.1, de", "de"),
        ("en-GB,de", "en_GB"),
        ("DE-de", "de_DE"),
        ("de-XX", "de"),
        ("de;q=0,en", "en"),
        ("de;q=soon,en;q=0.1", "en"),
        ("fr,es,it,nl,pl,cs,da,sv,de", None),
        ("*", None),
        ("", None),
    ],
)
def test_the_best_of_our_languages_is_chosen(header: str, locale: str | None) -> None:
    assert preferred(header, LANGUAGES) == locale


@given(
    st.text(max_size=60) | st.lists(st.sampled_from(["de", "en", "-", "_", ";q=", ",", "*", "nan", "1e9"])).map("".join)
)
def test_any_header_is_taken_and_leads_to_a_language_that_we_have(header: str) -> None:
    found = preferred(header, LANGUAGES)
    assert found is None or found.partition("_")[0] in LANGUAGES
    with reading_in(header, header) as there:
        assert there.language in LANGUAGES


def test_a_mail_is_worded_for_its_reader_and_then_all_is_as_before() -> None:
    assert reader() == Reader(language=SOURCE, locale="en", zone="UTC")
    with reading_in("de-CH", "Europe/Zurich"):
        assert reader() == Reader(language="de", locale="de_CH", zone="Europe/Zurich")
        with reading_in("en"):
            assert reader() == Reader(language="en", locale="en", zone="Europe/Zurich")
        with reading_in(None, "Mars/Olympus"):
            assert reader() == Reader(language="en", locale="en", zone="Europe/Zurich")
        assert reader().language == "de"
    assert reader() == Reader()


def test_who_reads_a_language_that_we_do_not_speak_gets_english_and_their_own_numbers() -> None:
    assert preferred("xx-YY,pt-BR,pt;q=0.9,en;q=0.5") == "pt_BR"
    with reading_in("pt-BR") as there:
        assert there == Reader(language="en", locale="pt_BR", zone="UTC")
    with reading_in("de", locale="pt-BR") as there:
        assert there == Reader(language="de", locale="pt_BR", zone="UTC")
    with reading_in("xx", locale="nonsense") as there:
        assert there == Reader()
