"""What operators, browsers and integrators see of every service: health, metrics, headers, lists, reference."""

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared import clock
from shared.db import Database
from shared.version import VERSION
from shared.web.pagination import LARGEST_PAGE
from tests.support.declared import ROOT
from tests.support.settings import environment
from tests.support.tiny import Tiny, tiny_service, token

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def service(postgres: Any) -> Iterator[Tiny]:
    targets = ("https://checkout.example.test",)
    with postgres.database("billing") as database, tiny_service({"billing": database}, form_targets=targets) as tiny:
        yield tiny


@pytest.fixture
def tiny(service: Tiny) -> Tiny:
    service.forget()
    return service


@pytest.fixture
def without_database(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    monkeypatch.setattr(tiny.db, "engine", Database("postgresql+psycopg://nobody@127.0.0.1:1/none").engine)
    return tiny


def test_a_ready_service_says_what_waits(tiny: Tiny) -> None:
    tiny.routes.note("one")
    answer = tiny.client().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ready", "service": "billing", "pending": {"effects": 1}}


def test_without_its_database_a_service_is_alive_and_not_ready(without_database: Tiny) -> None:
    client = without_database.client()
    assert client.get("/livez").get_json() == {"status": "alive", "service": "billing"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "not ready"
    assert "database" in answer.get_json()["why"]
    assert "127.0.0.1:1" not in answer.text


def test_a_database_that_is_not_migrated_is_not_ready(postgres: Any) -> None:
    with postgres.empty_database("billing") as database, tiny_service({"billing": database}) as tiny:
        answer = tiny.client().get("/readyz")
    assert answer.status_code == 503
    assert "not migrated" in answer.get_json()["why"]


def test_a_service_says_which_release_it_is_and_how_far_its_database_was_migrated(
    tiny: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = tiny.client().get("/version")
    assert answer.status_code == 200
    newest = max(path.name[:4] for path in (ROOT / "services/billing/migrations/versions").glob("*.py"))
    assert answer.get_json() == {
        "service": "billing",
        "version": VERSION,
        "commit": None,
        "schema_revision": newest,
    }
    assert "/version" not in capsys.readouterr().out, "who asks all the time does not fill the log"


def test_a_service_says_the_commit_that_it_was_built_from(postgres: Any) -> None:
    with postgres.empty_database("billing") as database:
        given = environment(
            "billing",
            databases={"billing": database},
            redis_url="redis://127.0.0.1:1",
            urls={},
            BUILD_COMMIT="3f2a91c",
            API_KEYS="{}",
        )
        with tiny_service({"billing": database}, variables=given) as tiny:
            told = tiny.client().get("/version").get_json()
    assert (told["commit"], told["schema_revision"]) == ("3f2a91c", None), "nobody has migrated this database"


def test_the_release_is_known_also_without_the_database(without_database: Tiny) -> None:
    answer = without_database.client().get("/version")
    assert answer.status_code == 200
    assert (answer.get_json()["version"], answer.get_json()["schema_revision"]) == (VERSION, None)


def test_metrics_count_requests_by_route_and_never_by_path(tiny: Tiny) -> None:
    tiny.client().get("/v1/things/tkt_secret", headers=token())
    answer = tiny.client().get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert re.search(r'http_request_seconds_count\{.*route="/v1/things/<thing_id>".*\} [1-9]', answer.text)
    assert "tkt_secret" not in answer.text
    tiny.routes.note("one")
    assert 'pending{kind="effects",service="billing"} 1.0' in tiny.client().get("/metrics").text


def test_metrics_are_there_also_without_the_database(without_database: Tiny) -> None:
    answer = without_database.client().get("/metrics")
    assert answer.status_code == 200
    assert "http_request_seconds" in answer.text


@pytest.mark.parametrize("path", ["/form", "/nothing", "/v1/things", "/livez", "/openapi.json", "/docs"])
def test_every_answer_carries_the_headers_that_keep_browsers_in_bounds(tiny: Tiny, path: str) -> None:
    headers = tiny.client().get(path, headers=HTML).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self' https://checkout.example.test"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Request-Id"].startswith("req_")


def test_no_page_carries_a_script_or_a_style_of_its_own(tiny: Tiny) -> None:
    for path in ("/docs", "/nothing"):
        page = tiny.client().get(path, headers=HTML).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"<style|\sstyle=|\son\w+=", page)
        assert not re.search(r'(src|href)="(https?:)?//', page)


def test_a_browser_at_another_host_is_led_to_the_one_in_the_settings(tiny: Tiny) -> None:
    client = tiny.client()
    led = client.get("/form?a=1", headers=HTML | {"Host": "127.0.0.1"})
    assert (led.status_code, led.location) == (302, "http://localhost/form?a=1")
    poisoned = client.get("/desk", headers=HTML | {"Host": "evil.example.test"})
    assert poisoned.location.startswith("http://localhost/")
    assert client.get("/livez", headers={"Host": "10.0.0.5:8001"}).status_code == 200


def test_a_list_is_read_page_by_page_each_row_once_while_others_write(tiny: Tiny) -> None:
    made = [tiny.routes.note(f"thing {number}") for number in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = tiny.client().get("/v1/things", query_string=query, headers=token()).get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        tiny.routes.note("newer")
    assert len(seen) == len(set(seen))
    assert [one for one in seen if one in made] == sorted(made, reverse=True)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": str(LARGEST_PAGE + 1)}, {"limit": "x"}, {"cursor": "x"}])
def test_a_list_refuses_a_wrong_limit_or_cursor_by_name(tiny: Tiny, query: dict[str, str]) -> None:
    answer = tiny.client().get("/v1/things", query_string=query, headers=token())
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == list(query)


def test_the_reference_is_valid_openapi_and_tells_who_may_call_and_how_a_refusal_looks(tiny: Tiny) -> None:
    spec = tiny.client().get("/openapi.json").get_json()
    assert spec["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(spec).validate()
    operation = spec["paths"]["/v1/things"]["post"]
    assert operation["security"] == [{"api_key": ["things:write"]}, {"staff": ["senior"]}, {"service": ["queue"]}]
    assert "security" not in spec["paths"]["/v1/boom"]["get"]
    refusal = operation["responses"]["422"]["content"]["application/problem+json"]["schema"]
    assert refusal == {"$ref": "#/components/schemas/Problem"}
    assert set(spec["paths"]) >= {"/v1/things", "/v1/things/{thing_id}"}
    assert "/form" not in spec["paths"]
    assert "security" not in spec["paths"]["/version"]["get"]


def test_the_reference_stays_the_same_however_often_it_is_read(tiny: Tiny) -> None:
    client = tiny.client()
    assert client.get("/openapi.json").text == client.get("/openapi.json").text


def test_people_can_read_the_reference(tiny: Tiny) -> None:
    page = tiny.client().get("/docs", headers=HTML).text
    for words in ("POST /v1/things", "Make a thing.", "Idempotency-Key", "things:write", "Problem", "OpenAPI 3.1"):
        assert words in page


def test_a_session_ends_after_half_a_day(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tiny.client("agent")
    with client.session_transaction() as session:
        session.permanent = True
    assert client.get("/desk", headers=HTML).status_code == 200
    later = clock.now().timestamp() + timedelta(hours=13).total_seconds()
    monkeypatch.setattr(sys.modules["itsdangerous.timed"].time, "time", lambda: later)
    assert client.get("/desk", headers=HTML).status_code == 302
