"""Each word that people read stands in a catalog, and each catalog is complete: no reader meets half a language."""

import ast
import importlib
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message

from shared.language import catalog_folders, gettext, ngettext
from shared.phrasebook import FORMS, Phrasebook, Plural
from shared.reader import LANGUAGES, reading_in
from shared.sentences import Sentence
from tests.support import words
from tests.support.bare_words import bare_words
from tests.support.declared import ROOT, calls, part, sources
from tests.support.settings import SERVICES

SPEAKS = ("shared", "services/billing", "services/queue")
"""The homes whose templates are translated. Each home joins when its words are; then this goes."""
STAYS_ENGLISH = {"shared/web/templates/reference.html": "for programmers, written out of the OpenAPI document"}
NAMES = {"Premium Support", "read", "wide", "full", "required"}
"""The product's name; and what is for the browser: the widths of a page, an attribute that stands in a macro."""

CATALOGS = [(home, language) for home in words.HOMES for language in words.TRANSLATIONS]


@pytest.mark.parametrize(("home", "language"), CATALOGS)
def test_each_message_is_translated_with_the_same_parameters_and_nothing_else_is(home: str, language: str) -> None:
    said = {words.key(message) for message in words.messages(words.gathered(home))}
    catalog = words.messages(words.catalog_of(home, language))
    known = {words.key(message) for message in catalog}
    assert not said - known, "run `make words` and translate"
    assert not known - said, "nobody says this any more: run `make words`"
    assert not [(message.id, what) for message in catalog if (what := words.trouble(message))]


ONE_OR_MANY = ("%(num)s mail", "%(num)s mails of %(who)s")


@pytest.mark.parametrize(
    ("message", "fine"),
    [
        (Message("by %(at)s", "bis %(at|day)s"), True),
        (Message("by %(at)s", "bis %(on)s"), False),
        (Message("by %(at)s", "bis morgen"), False),
        (Message("by %(at)s", ""), False),
        (Message("by %(at)s", "bis %(at)s", flags=["fuzzy"]), False),
        (Message("%(share)s %% used", "%(share)s % verbraucht"), False),
        (Message("<b>now</b>", "<i>jetzt</i>"), False),
        (Message(ONE_OR_MANY, ("eine E-Mail von %(who)s", "%(num)s E-Mails von %(who)s")), True),
        (Message(ONE_OR_MANY, ("eine E-Mail", "%(num)s E-Mails von %(who)s")), False),
        (Message(ONE_OR_MANY, ("eine E-Mail von %(who)s", "")), False),
    ],
)
def test_a_translation_that_says_something_else_is_seen(message: Message, *, fine: bool) -> None:
    assert (words.trouble(message) is None) is fine


@pytest.mark.parametrize("language", words.TRANSLATIONS)
def test_what_two_catalogs_translate_means_the_same_in_both(language: str) -> None:
    """They come together in one process: a word with two meanings needs a context."""
    found: dict[Any, set[Any]] = {}
    for home in words.HOMES:
        for message in words.messages(words.catalog_of(home, language)):
            found.setdefault(words.key(message), set()).add(message.string)
    assert not {message: strings for message, strings in found.items() if len(strings) > 1}


def test_each_service_with_a_catalog_takes_it() -> None:
    for home in words.HOMES:
        importlib.import_module(home.replace("/", "."))
    having = {ROOT / home / "locale" for home, language in CATALOGS if words.path_of(home, language).exists()}
    assert having == set(catalog_folders()) & having
    assert all(folder.is_dir() for folder in catalog_folders())


def templates() -> list[Path]:
    return [path for home in SPEAKS for path in sorted((ROOT / home).rglob("templates/**/*.html"))]


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_a_template_says_nothing_that_cannot_be_translated(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in STAYS_ENGLISH:
        assert set(bare_words(path.read_text(encoding="utf-8"))) <= NAMES


def test_words_without_a_translation_are_found_wherever_they_stand() -> None:
    marked = "{% trans n=n %}One <b>thing</b>{% pluralize %}{{ n }} things{% endtrans %}"
    assert not bare_words(marked + '<p class="a b" {{ x }}data-x="y z">{{ _("Fine") }}: {{ ui.due(x, label="") }}</p>')
    assert bare_words("<p>Some {{ x }} words</p>") == ["Some   words"]
    assert bare_words(marked + "words") == ["words"]
    assert bare_words('<a title="Words">{{ x }}</a>') == ["Words"]
    assert bare_words('{{ ui.button("Send it", kind="plain") }}') == ["Send it"]
    assert bare_words('{{ "as the solution" if x }}') == ["as the solution"]
    assert bare_words('{% call ui.table(_("Fine"), ["Name"]) %}{% endcall %}') == ["Name"]


@cache
def phrasebooks(home: str) -> dict[str, Phrasebook]:
    """The phrasebooks that a home declares, by module and name."""
    found = {}
    for path, tree in sources(home.partition("/")[0]).items():
        if str(path).startswith(home) and calls(tree, "Phrasebook") and path.name != "phrasebook.py":
            module = importlib.import_module(".".join(path.with_suffix("").parts))
            books = {name: book for name, book in vars(module).items() if isinstance(book, Phrasebook)}
            found.update({f"{path}:{name}": book for name, book in books.items()})
    return found


EXAMPLES: dict[str, Any] = {
    "": "Jo <b>100 %</b> %(x)s",
    "num": 2,
    "when": datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    "day": date(2026, 11, 24),
    "span": timedelta(hours=2),
}
EXAMPLES |= {"day_time": EXAMPLES["when"], "span_after": EXAMPLES["span"], "within": EXAMPLES["span"]}


def test_each_form_of_a_parameter_has_an_example_here() -> None:
    assert FORMS.keys() == EXAMPLES.keys() - {"", "num"}
    assert all(FORMS[form](EXAMPLES[form], "UTC", EXAMPLES["when"]) for form in FORMS)


@pytest.mark.parametrize("home", words.HOMES)
def test_each_stored_sentence_can_be_said_in_each_language(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    for where, book in phrasebooks(home).items():
        for code, phrase in book.phrases.items():
            asked = re.findall(r"%\((\w+)(?:\|(\w+))?\)s", " ".join(words.forms(phrase)))
            values = {name: EXAMPLES[form or ("num" if name == "num" else "")] for name, form in asked}
            for language in LANGUAGES:
                with reading_in(language):
                    said = book.show(Sentence(code=code, parameters=values), now=EXAMPLES["when"])
                assert said, f"{where}: {code}"
                assert "no words here" not in said
    assert "a sentence does not fit" not in capsys.readouterr().out


@pytest.mark.parametrize("home", words.HOMES)
def test_each_sentence_that_code_makes_has_words_with_exactly_its_parameters(home: str) -> None:
    books = (phrasebooks("shared") | phrasebooks(home)).values()
    phrases = {code: phrase for book in books for code, phrase in book.phrases.items()}
    for path, tree in sources(home.partition("/")[0]).items():
        for call in calls(tree, "of"):
            if (
                not str(path).startswith(home)
                or "Sentence" not in ast.unparse(call.func)
                or path.name == "sentences.py"
            ):
                continue
            code = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
            assert code in phrases, f"{path}: {ast.unparse(call)}"
            phrase = phrases[code]
            wanted = set().union(*map(words.places, words.forms(phrase))) | (
                {"num"} if isinstance(phrase, Plural) else set()
            )
            assert {keyword.arg for keyword in call.keywords} == wanted, f"{path}: {ast.unparse(call)}"


@pytest.mark.parametrize("language", words.TRANSLATIONS)
def test_a_guess_is_never_shown(language: str) -> None:
    with reading_in(language):
        assert ngettext("%(num)s nonsense", "%(num)s nonsenses", 2) == "2 nonsenses"


@pytest.mark.parametrize("language", words.TRANSLATIONS)
@pytest.mark.parametrize("service", SERVICES)
def test_an_operator_reads_each_kind_of_work_in_their_language(service: str, language: str) -> None:
    with reading_in(language):
        assert not [kind.title for kind in part(service, "pending").KINDS if gettext(kind.title) == kind.title]
