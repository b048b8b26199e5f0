"""Every refusal says what to do: problem+json to programs, a page to people; a fault tells nothing of the inside."""

import json
import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.db import Database
from shared.errors import HTTP_STATUS, Kind
from tests.support.tiny import Tiny, tiny_service, token

HTML = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Accept": "application/json"}
MAKE = {"Idempotency-Key": "k"}


@pytest.fixture(scope="module")
def service(postgres: Any) -> Iterator[Tiny]:
    with postgres.database("billing") as database, tiny_service({"billing": database}) as tiny:
        yield tiny


@pytest.fixture
def tiny(service: Tiny) -> Tiny:
    service.forget()
    return service


def problem(answer: TestResponse) -> dict[str, Any]:
    """The body of a problem, after all that every problem has."""
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:premium-support:problem:{body['code']}"
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert body["title"]
    assert body["detail"]
    return body


def post(tiny: Tiny, body: Any = None, **headers: str) -> TestResponse:
    sent = token() | MAKE | headers
    if isinstance(body, bytes):
        return tiny.client().post("/v1/things", data=body, headers=sent | {"Content-Type": "application/json"})
    return tiny.client().post("/v1/things", json=body, headers=sent)


@pytest.mark.parametrize("path", ["/v1/nothing", "/events/x", "/webhooks/none"])
def test_a_program_that_asks_for_what_is_not_there_gets_a_problem(tiny: Tiny, path: str) -> None:
    assert problem(tiny.client().get(path))["code"] == "http_404"
    assert problem(tiny.client().get(path, headers=HTML))["code"] == "http_404"


def test_a_person_who_asks_for_what_is_not_there_gets_a_page(tiny: Tiny) -> None:
    answer = tiny.client().get("/nothing", headers=HTML)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "newest mail" in answer.text
    assert problem(tiny.client().get("/nothing", headers=JSON))["code"] == "http_404"


@pytest.mark.parametrize(
    ("method", "path", "status", "step"),
    [
        ("GET", "/nothing", 404, ("/", "Go to the start page")),
        ("GET", "/broken?x=1", 500, ("/broken?x=1", "Try again")),
        ("POST", "/form", 400, ("/form", "Back to the form")),
        ("DELETE", "/form", 405, ("/form", "Back to the form")),
        ("GET", "/desk/take", 405, ("/desk", "Go back")),
    ],
)
def test_an_error_page_has_one_button_that_leads_on(
    tiny: Tiny, method: str, path: str, status: int, step: tuple[str, str]
) -> None:
    answer = tiny.client("agent").open(path, method=method, headers=HTML)
    assert answer.status_code == status
    assert buttons(answer.text) == [step]


def test_whoever_lacks_the_role_may_sign_in_as_somebody_else(databases: Any) -> None:
    with tiny_service(databases, signin="http://127.0.0.1:1") as tiny:
        answer = tiny.client("agent").get("/finance", headers=HTML)
    assert answer.status_code == 403
    assert buttons(answer.text) == [("/signout", "Sign in as somebody else")]


def test_a_refusal_that_says_what_to_do_stands_without_other_advice(tiny: Tiny) -> None:
    for kind in Kind:
        html = tiny.client().get(f"/refused/{kind.value}", headers=HTML).text
        assert "Do it differently." in html
        assert not re.search("Go back and|Try again in|Nothing was changed", html)
        assert len(buttons(html)) == 1


def buttons(html: str) -> list[tuple[str, str]]:
    """Where the buttons of the page lead, with their words."""
    main = html.partition("<main")[2].partition("</main>")[0]
    found = re.findall(r'(?:href|action)="([^"]*)".*?class="btn-label">([^<]*)<', main, re.DOTALL)
    return [(unescape(url), words) for url, words in found]


def test_a_wrong_method_is_told_with_the_good_ones(tiny: Tiny) -> None:
    answer = tiny.client().delete("/v1/things", headers=token())
    assert problem(answer)["code"] == "http_405"
    assert {"GET", "POST"} <= set(answer.headers["Allow"].replace(" ", "").split(","))
    assert tiny.client().delete("/form", headers=HTML).mimetype == "text/html"


@pytest.mark.parametrize(
    ("body", "field", "cure"),
    [
        ({}, "name", "Missing data"),
        ({"name": 5}, "name", "Not a valid string"),
        ({"name": None}, "name", "may not be null"),
        ({"name": "x", "size": 11}, "size", "less than or equal to 10"),
        ({"name": "x", "size": "many"}, "size", "Not a valid integer"),
        ({"name": "x", "amount_minor": 1}, "amount_minor", "Unknown field"),
    ],
)
def test_wrong_input_is_refused_with_the_field_and_the_cure(
    tiny: Tiny, body: dict[str, Any], field: str, cure: str
) -> None:
    answer = post(tiny, body)
    found = problem(answer)
    assert answer.status_code == 422
    assert [error["field"] for error in found["errors"]] == [field]
    assert cure in found["errors"][0]["message"]
    assert field in found["detail"]
    assert tiny.effects() == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"name": "x"', b'{"name": NaN}',
        b'{"name": "nul \\u0000"}', b'{"name": "half a pair \\ud800"}', b"[" * 100_000,
        b'{"name": "x", "size": ' + b"9" * 5_000 + b"}", b'{"name": ' + b"[" * 50_000 + b"}",
        b'{"name": "x", "size": 1e400}', b'{"name": "x", "name": {"$ne": 1}}',
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
def test_a_body_that_is_nonsense_is_the_senders_mistake_and_never_ours(tiny: Tiny, body: bytes) -> None:
    answer = post(tiny, body)
    assert answer.status_code in {400, 422}
    assert problem(answer)
    assert tiny.effects() == []


@pytest.mark.parametrize(
    "path", ["/v1/things/%00", "/v1/things/%ff%fe", "/v1/things?cursor=%00", "/v1/things?limit=%00"]
)
def test_an_address_that_is_nonsense_is_the_senders_mistake_and_never_ours(tiny: Tiny, path: str) -> None:
    answer = tiny.client().get(path, headers=token())
    assert answer.status_code in {400, 404, 422}
    assert problem(answer)


def test_a_body_that_is_no_json_is_refused(tiny: Tiny) -> None:
    answer = tiny.client().post("/v1/things", data={"name": "x"}, headers=token() | MAKE)
    assert answer.status_code in {400, 415, 422}
    assert problem(answer)


def test_a_body_over_the_limit_is_refused_and_nothing_is_done(tiny: Tiny) -> None:
    answer = post(tiny, {"name": "x" * 1_000_001})
    assert problem(answer)["code"] == "http_413"
    assert "1 MB" in problem(answer)["detail"]
    client = tiny.client()
    client.get("/form")
    page = client.post("/form", data={"words": "x" * 1_000_001}, headers=HTML)
    assert (page.status_code, page.mimetype) == (413, "text/html")
    assert tiny.effects() == []


@pytest.mark.parametrize("padding", [0, 2_000_000])
def test_a_body_in_chunks_is_refused_for_a_limit_would_cut_it_off_in_silence(tiny: Tiny, padding: int) -> None:
    answer = tiny.client().post(
        "/v1/things",
        input_stream=BytesIO(b'{"name": "\\ud800"}' + b" " * padding),
        headers=token() | MAKE | {"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert problem(answer)["code"] == "http_411"
    assert "Content-Length" in problem(answer)["detail"]
    assert tiny.effects() == []


def test_a_refusal_says_what_is_wrong_before_what_to_do(tiny: Tiny) -> None:
    assert "UTF-8 without NUL" in problem(post(tiny, {"name": "a\0b"}))["detail"]


def test_a_body_just_below_the_limit_is_taken(tiny: Tiny) -> None:
    assert post(tiny, {"name": "x" * 900_000}).status_code == 201


@pytest.mark.parametrize("kind", Kind)
def test_a_refusal_has_the_status_of_its_kind_its_facts_and_its_field(tiny: Tiny, kind: Kind) -> None:
    answer = tiny.client().get(f"/v1/refused/{kind.value}")
    found = problem(answer)
    assert answer.status_code == HTTP_STATUS[kind]
    assert (found["code"], found["title"], found["detail"]) == (
        "thing_refused", "The thing was refused", "Do it differently.",
    )  # fmt: skip
    assert found["facts"] == {"limit": 3}
    assert found["errors"] == [{"field": "name", "message": "Do it differently."}]


@pytest.mark.parametrize(("path", "headers"), [("/v1/boom", JSON), ("/broken", HTML), ("/broken", JSON)])
def test_a_fault_of_ours_tells_nothing_of_the_inside_and_a_number_to_tell_us(
    tiny: Tiny, path: str, headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = tiny.client().get(path, headers=headers)
    assert answer.status_code == 500
    for inside in ("ZeroDivision", "inside of the service", "Traceback", ".py"):
        assert inside not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert "Nothing that was confirmed to you is lost" in answer.text
    assert "the inside of the service" in capsys.readouterr().out


def test_a_database_that_takes_too_long_is_a_moment_to_wait_and_no_bug(tiny: Tiny) -> None:
    slow = tiny.client().get("/v1/slow", headers={"X-Deadline-Ms": "200"})
    assert slow.status_code == 503
    assert problem(slow)["code"] == "unavailable"


def test_a_database_that_is_away_is_a_moment_to_wait_and_no_bug(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny.db, "engine", Database("postgresql+psycopg://nobody@127.0.0.1:1/none").engine)
    away = tiny.client().get("/v1/things", headers=token())
    assert (away.status_code, problem(away)["code"]) == (503, "unavailable")
    page = tiny.client().get("/v1/things", headers=token() | HTML)
    assert "127.0.0.1:1" not in page.text
    assert int(away.headers["Retry-After"]) > 0


@pytest.mark.parametrize("sent", ["", "0", "-5", "soon", "1e9", "9" * 400, "9" * 5_000])
def test_a_deadline_that_is_none_is_ignored(tiny: Tiny, sent: str) -> None:
    assert tiny.client().get("/v1/things", headers=token() | {"X-Deadline-Ms": sent}).status_code == 200


@pytest.mark.parametrize("sent", ["", "x" * 65, "two words", "semi;colon", "ümläut"])
def test_a_request_id_that_is_none_is_replaced(tiny: Tiny, sent: str) -> None:
    given = tiny.client().get("/livez", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
    assert given.startswith("req_")


def test_a_request_id_that_was_given_comes_back_and_stands_in_problems(tiny: Tiny) -> None:
    answer = tiny.client().get("/v1/nothing", headers={"X-Request-Id": "req_of-the-customer"})
    assert problem(answer)["request_id"] == "req_of-the-customer"


def test_each_request_has_an_id_of_its_own(tiny: Tiny) -> None:
    client = tiny.client()
    assert len({client.get("/livez").headers["X-Request-Id"] for _ in range(5)}) == 5


def test_words_of_a_request_are_shown_as_words(tiny: Tiny) -> None:
    answer = tiny.client().get("/<script>alert(1)</script>", headers=HTML)
    assert "<script>alert" not in answer.text
    assert json.loads(tiny.client().get("/v1/<script>").text)["code"] == "http_404"
