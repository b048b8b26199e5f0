"""A page is in the reader's language: what was chosen, else what the browser asks; programs read English."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import render_template_string
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.reader import Reader, reader
from tests.support.tiny import Tiny, tiny_service

HTML = {"Accept": "text/html,application/xhtml+xml"}
GERMAN = HTML | {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}
NOT_THERE = "Diese Seite gibt es nicht"


@pytest.fixture(scope="module")
def tiny(postgres: Any) -> Iterator[Tiny]:
    with postgres.database("billing") as database, tiny_service({"billing": database}) as tiny:
        yield tiny


@pytest.fixture
def client(tiny: Tiny) -> FlaskClient:
    return tiny.client()


def language_of(page: TestResponse) -> str:
    language = str(page.headers["Content-Language"])
    assert f'<html lang="{language}"' in page.text
    return language


@pytest.mark.parametrize(("asked", "language"), [("de-AT,en;q=0.5", "de"), ("en", "en"), ("fr", "en"), ("", "en")])
def test_a_page_is_in_the_language_that_the_browser_asks_for(client: FlaskClient, asked: str, language: str) -> None:
    page = client.get("/nothing", headers=HTML | {"Accept-Language": asked})
    assert language_of(page) == language
    assert (NOT_THERE in page.text) is (language == "de")
    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", "))


def test_who_chooses_a_language_keeps_it_and_stays_on_the_page(client: FlaskClient) -> None:
    page = client.get("/nothing?day=2026-11-24&day=x%26y", headers=GERMAN)
    assert 'href="?day=2026-11-24&amp;day=x%26y&amp;language=en"' in page.text
    assert 'lang="de" hreflang="de" rel="nofollow" data-language aria-current="true">Deutsch</a>' in page.text
    chosen = client.get("/nothing?day=2026-11-24&day=x%26y&language=en", headers=GERMAN)
    assert (chosen.status_code, chosen.headers["Location"]) == (
        302, "http://localhost/nothing?day=2026-11-24&day=x%26y",
    )  # fmt: skip
    assert language_of(client.get("/nothing", headers=GERMAN)) == "en"
    client.get("/?language=de", headers=HTML)
    assert language_of(client.get("/nothing", headers=HTML)) == "de"


@pytest.mark.parametrize("path", ["//evil.test/x", "/%5Cevil.test", "/%0d%0aSet-Cookie:%20a=b", "/%09/evil.test"])
def test_the_switch_leads_nowhere_else(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{path}?language=de", headers=HTML)
    assert answer.status_code in {302, 308, 404}
    assert answer.headers.get("Location", "http://localhost/").startswith("http://localhost/")
    assert "a=b" not in answer.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("query", ["?language=xx", "?language=", "?language=de%00", "?language[]=de"])
def test_a_language_that_we_do_not_have_changes_nothing(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/form{query}", headers=HTML)
    assert answer.status_code in {200, 400}
    assert client.get_cookie("language") is None
    client.set_cookie("language", "xx")
    assert language_of(client.get("/nothing", headers=GERMAN)) == "de"


def test_a_page_that_answers_a_form_offers_no_switch_for_what_was_typed_would_be_gone(client: FlaskClient) -> None:
    answer = client.post("/nothing", headers=HTML)
    assert answer.status_code == 404
    assert "data-language" not in answer.text


def test_programs_read_english_whatever_they_ask_for(client: FlaskClient) -> None:
    answer = client.get("/v1/refused/refused", headers={"Accept": "application/json", "Accept-Language": "de"})
    assert (answer.get_json()["detail"], answer.headers["Content-Language"]) == ("Do it differently.", "en")
    assert client.get("/nothing?language=de", headers={"Accept": "application/json"}).status_code == 404
    assert client.get("/v1/nothing", headers=GERMAN).get_json()["title"] == "Not Found"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "Die Adresse ist nicht vollständig"),
        ("/broken", 500, "Nennen Sie uns diese Nummer: req_"),
        ("/signin", 503, "Im Moment kann sich niemand anmelden."),
        ("/signin/callback?code=x&state=y", 403, "Beginnen Sie noch einmal bei der Seite, zu der Sie wollten."),
        ("/finance", 403, "Ihre Rolle erlaubt das nicht."),
        ("/form?x=%00", 400, "Darin stehen Zeichen, die keine sind."),
    ],
)
def test_each_error_page_is_in_the_readers_language(tiny: Tiny, path: str, status: int, words: str) -> None:
    page = tiny.client("agent").get(path, headers=GERMAN)
    assert (page.status_code, language_of(page)) == (status, "de")
    assert words in page.text


def test_the_frame_of_a_page_is_in_the_readers_language(tiny: Tiny) -> None:
    page = tiny.client("senior", "supervisor").get("/finance", headers=GERMAN)
    assert 'Ana Silva <span class="person-role">Senior, Leitung</span>' in page.text
    for words in ("Abmelden", "Zum Inhalt springen", 'aria-label="Sprache"'):
        assert words in page.text


def test_a_form_that_was_open_for_too_long_is_told_in_the_readers_language(client: FlaskClient) -> None:
    page = client.post("/form", data={"csrf_token": "old"}, headers=GERMAN)
    assert page.status_code == 400
    assert "Diese Seite war zu lange offen" in page.text


def test_nothing_of_a_reader_stays_after_the_request(client: FlaskClient) -> None:
    client.set_cookie("zone", "Europe/Berlin")
    client.get("/broken", headers=GERMAN)
    client.get("/nothing", headers=GERMAN)
    assert reader() == Reader()


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ('{{ ngettext("%(num)s payment, %(fees)s of it", "%(num)s payments, %(fees)s of it", n, fees="5 %") }}', "5 %"),
        ('{{ npgettext("x", "%(num)s of %(who)s", "%(num)s of %(who)s", n, who="<b>") }}', "1,234 of &lt;b&gt;"),
        (
            "{% trans n=n, who='Jo' %}{{ n }} of {{ who }}{% pluralize %}{{ n }} by {{ who }}{% endtrans %}",
            "1234 by Jo",
        ),
        ('{{ ngettext("%(num)s %% done", "%(num)s %% done", n) }}', "1,234 % done"),
    ],
)
def test_a_plural_in_a_template_takes_other_parameters_beside_its_number(tiny: Tiny, template: str, said: str) -> None:
    with tiny.app.test_request_context("/"):
        assert said in render_template_string(template, n=1234)
