"""The product's words: each message in the reader's language, with its values; without a translation, English."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import language
from shared.language import gettext, ngettext, npgettext, pgettext
from shared.reader import reading_in

WORDS = """
msgid "a"
msgstr "eins"

msgid "just now"
msgstr "soeben"

msgid "%(num)s mail of %(name)s"
msgid_plural "%(num)s mails of %(name)s"
msgstr[0] "%(num)s E-Mail von %(name)s"
msgstr[1] "%(num)s E-Mails von %(name)s"

#, fuzzy
msgid "guessed"
msgstr "geraten"
"""


@pytest.fixture
def more_words(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "de.po").write_text(WORDS, encoding="utf-8")
    standing = language.catalog_folders()
    language.add_catalogs(tmp_path)
    with reading_in("de"):
        yield
    language._folders[:] = standing


def test_the_reader_decides_the_language() -> None:
    assert gettext("Sign out") == "Sign out"
    with reading_in("de"):
        assert gettext("Sign out") == "Abmelden"


@pytest.mark.usefixtures("more_words")
def test_a_service_adds_its_words_and_they_come_before_those_of_all() -> None:
    assert gettext("a") == "eins"
    assert gettext("just now") == "soeben"
    assert gettext("Sign out") == "Abmelden"


@pytest.mark.usefixtures("more_words")
def test_a_number_chooses_the_form_and_is_written_as_the_reader_does() -> None:
    said = [ngettext("%(num)s mail of %(name)s", "%(num)s mails of %(name)s", num, name="Jo") for num in (1, 0, 1234)]
    assert said == ["1 E-Mail von Jo", "0 E-Mails von Jo", "1.234 E-Mails von Jo"]


@pytest.mark.usefixtures("more_words")
def test_what_is_not_translated_or_only_guessed_stays_english() -> None:
    assert gettext("Nobody wrote this.") == "Nobody wrote this."
    assert gettext("guessed") == "guessed"
    assert ngettext("%(num)s x", "%(num)s y", 2) == "2 y"
    assert gettext("") == ""


def test_a_context_tells_two_meanings_apart() -> None:
    with reading_in("de"):
        assert pgettext("a promise", "late") == "verspätet"
        assert pgettext("an hour", "late") == "late"
        assert npgettext("after in, ago, within", "%(num)s day", "%(num)s days", 2) == "2 Tagen"
        assert ngettext("%(num)s day", "%(num)s days", 2) == "2 Tage"


def test_values_are_never_read_as_words() -> None:
    assert gettext("Copy %(id)s", id="%(id)s 100 %") == "Copy %(id)s 100 %"
    assert gettext("100 % sure") == "100 % sure"


def test_a_language_is_read_once_in_a_process(more_words: None, tmp_path: Path) -> None:
    assert more_words is None
    assert gettext("a") == "eins"
    (tmp_path / "de.po").unlink()
    assert gettext("a") == "eins"
