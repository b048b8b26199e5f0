"""Nobody may do anything unless the route says so; nobody is made to do anything by another site."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint
from werkzeug.test import TestResponse

from shared import clock
from shared.env import SettingsError
from shared.ids import digest
from shared.web.api_key_command import run_command
from tests.support.settings import API_KEY
from tests.support.tiny import Tiny, tiny_service, token

HTML = {"Accept": "text/html,application/xhtml+xml"}
THING = {"name": "one"}


@pytest.fixture
def tiny(databases: Any) -> Iterator[Tiny]:
    with tiny_service(databases) as tiny:
        yield tiny


def code(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, (answer.json or {})["code"]


def test_a_service_with_a_route_of_which_nobody_said_who_may_call_it_does_not_start(databases: Any) -> None:
    silent = Blueprint("silent", __name__)
    silent.get("/silent")(lambda: "hello")
    with (
        pytest.raises(RuntimeError, match=r"Nobody says who may call: silent\.<lambda>"),
        tiny_service(databases, blueprints=(silent,)),
    ):
        pass


def test_a_route_admits_the_service_that_it_names_and_no_other(tiny: Tiny) -> None:
    client = tiny.client()
    assert client.get("/v1/things", headers=token("queue")).status_code == 200
    assert code(client.get("/v1/things", headers=token("entitlements"))) == (403, "http_403")


def test_who_has_no_good_credential_is_asked_for_one(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tiny.client()
    expired = token()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=2))
    for headers in ({}, expired, token("queue", "entitlements"), {"Authorization": "Bearer psk_guess"}):
        answer = client.get("/v1/things", headers=headers)
        assert code(answer) == (401, "http_401")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_an_integrator_comes_in_by_api_key_where_the_route_takes_one(tiny: Tiny, scheme: str) -> None:
    key = {"Authorization": f"{scheme} {API_KEY}"}
    assert tiny.client().get("/v1/things", headers=key).status_code == 200
    assert tiny.client().get("/v1/things/x", headers=key).status_code == 403
    assert tiny.client().get("/v1/things", headers={"Authorization": f"Basic {API_KEY}"}).status_code == 401


def test_a_key_does_what_its_scopes_say_and_nothing_else(databases: Any, tiny: Tiny) -> None:
    reads = json.dumps({"shop": {"sha256": digest(API_KEY), "scopes": ["things:read"]}})
    key = {"Authorization": f"Bearer {API_KEY}"}
    with tiny_service(databases, variables=tiny.variables | {"API_KEYS": reads}) as narrow:
        client = narrow.app.test_client()
        assert client.get("/v1/things", headers=key).status_code == 200
        refused = client.post("/v1/things", json=THING, headers=key | {"Idempotency-Key": "k"})
        assert code(refused) == (403, "http_403")
        assert "This key does not have the scope things:write." in (refused.json or {})["detail"]
        assert client.get("/desk", headers=key).status_code == 403
        assert narrow.effects() == []
    sent = key | {"Idempotency-Key": "k"}
    assert tiny.client().post("/v1/things", json=THING, headers=sent).status_code == 201


def test_a_key_with_a_scope_that_opens_nothing_stops_the_start(databases: Any, tiny: Tiny) -> None:
    slip = json.dumps({"shop": {"sha256": digest(API_KEY), "scopes": ["things:read", "thing:write"]}})
    with (
        pytest.raises(SettingsError, match="API_KEYS gives shop the scope 'thing:write', which opens nothing"),
        tiny_service(databases, variables=tiny.variables | {"API_KEYS": slip}),
    ):
        pass


def test_the_command_makes_a_key_that_opens_what_it_says(
    databases: Any, tiny: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(tiny.app, "billing", ("acme", "things:read"))
    told, entry = capsys.readouterr().out.splitlines()
    secret, entry = told.rpartition(" ")[2], entry[entry.index("{") :]
    assert secret not in entry
    with tiny_service(databases, variables=tiny.variables | {"API_KEYS": entry}) as service:
        key = {"Authorization": f"Bearer {secret}"}
        assert service.app.test_client().get("/v1/things", headers=key).status_code == 200
        assert service.app.test_client().post("/v1/things", json=THING, headers=key).status_code == 403
    capsys.readouterr()
    run_command(tiny.app, "billing", ())
    assert capsys.readouterr().out == "things:read: GET /v1/things\nthings:write: POST /v1/things\n"


@pytest.mark.parametrize("words", [("acme",), ("acme", "things:delete"), ("Acme Ltd", "things:read")])
def test_the_command_makes_no_key_that_opens_nothing_or_has_no_name(tiny: Tiny, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        run_command(tiny.app, "billing", words)


def test_staff_with_the_role_see_the_page_and_others_a_sentence(tiny: Tiny) -> None:
    assert tiny.client("agent").get("/desk", headers=HTML).status_code == 200
    answer = tiny.client("agent", "senior").get("/finance", headers=HTML)
    assert answer.status_code == 403
    assert answer.mimetype == "text/html"
    assert "Your role does not allow this." in answer.text


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(tiny: Tiny) -> None:
    answer = tiny.client().get("/desk?sort=due&page=2", headers=HTML)
    assert (answer.status_code, answer.location) == (302, "/signin?next=%2Fdesk%3Fsort%3Ddue%26page%3D2")


def test_a_form_sent_after_the_session_ended_leads_to_sign_in_and_does_nothing(tiny: Tiny) -> None:
    answer = tiny.client().post("/desk/take", headers=HTML)
    assert (answer.status_code, answer.location) == (302, "/signin?next=%2F")
    assert tiny.effects() == []


def test_a_program_that_asks_for_a_staff_page_is_not_led_anywhere(tiny: Tiny) -> None:
    assert code(tiny.client().get("/desk", headers={"Accept": "application/json"})) == (401, "http_401")


def test_a_bearer_credential_does_not_make_staff_and_a_session_does_not_make_a_service(tiny: Tiny) -> None:
    assert tiny.client("agent").get("/desk", headers=token()).status_code == 403
    assert tiny.client("senior").get("/v1/things/x").status_code == 403


def test_a_session_that_somebody_wrote_themselves_is_no_session(tiny: Tiny) -> None:
    client = tiny.client()
    client.set_cookie("billing_session", "eyJzdGFmZiI6eyJyb2xlcyI6WyJhZ2VudCJdfX0.aSF1bA.forged")
    assert client.get("/desk", headers=HTML).status_code == 302


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(tiny: Tiny) -> None:
    answer = tiny.client().get("/form")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("billing_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_session_cookie_travels_only_encrypted_where_the_address_is_https(databases: Any) -> None:
    with tiny_service(databases) as tiny:
        assert tiny.app.config["SESSION_COOKIE_SECURE"] is False
    variables = tiny.variables | {"PUBLIC_URL": "https://billing.example.test"}
    with tiny_service(databases, variables=variables) as tiny:
        cookie = tiny.client().get("/form").headers["Set-Cookie"]
    assert cookie.startswith("__Host-billing_session="), "no neighbor below the same domain can set it"
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def csrf_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_form_with_its_token_is_taken(tiny: Tiny) -> None:
    client = tiny.client()
    page = client.get("/form").text
    answer = client.post("/form", data={"csrf_token": csrf_token(page), "words": "hello"})
    assert answer.status_code == 200
    assert tiny.effects() == ["hello"]


@pytest.mark.parametrize("sent", [{}, {"csrf_token": ""}, {"csrf_token": "made-up"}, {"csrf_token": "another's"}])
def test_a_form_without_its_token_gets_a_page_that_says_what_to_do_and_nothing_is_done(
    tiny: Tiny, sent: dict[str, str]
) -> None:
    client = tiny.client()
    client.get("/form")
    if sent.get("csrf_token") == "another's":
        sent = {"csrf_token": csrf_token(tiny.client().get("/form").text)}
    answer = client.post("/form", data=sent | {"words": "forged"}, headers=HTML)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "load the page again" in answer.text
    assert tiny.effects() == []


def test_another_site_cannot_press_a_button_for_somebody_who_is_signed_in(tiny: Tiny) -> None:
    client = tiny.client("agent")
    assert client.post("/desk/take", headers=HTML).status_code == 400
    assert tiny.effects() == []
    page = client.get("/desk").text
    assert client.post("/desk/take", data={"csrf_token": csrf_token(page)}, headers=HTML).status_code == 200
    assert tiny.effects() == ["taken"]


def test_another_site_cannot_use_the_api_with_somebodys_session(tiny: Tiny) -> None:
    client, key = tiny.client("senior"), {"Idempotency-Key": "k"}
    assert code(client.post("/v1/things", json=THING, headers=key)) == (400, "csrf_token")
    forged = client.post("/v1/things", json=THING, headers=key | {"Content-Type": "text/plain"})
    assert forged.status_code == 400
    assert tiny.effects() == []
    page = tiny.client("senior")
    sent = key | {"X-CSRFToken": csrf_token(page.get("/desk").text)}
    assert page.post("/v1/things", json=THING, headers=sent).status_code == 201


def test_a_program_without_a_credential_is_told_so_and_not_about_forms(tiny: Tiny) -> None:
    answer = tiny.client().post("/v1/things", json=THING, headers={"Idempotency-Key": "k"})
    assert code(answer) == (401, "http_401")


def test_who_proves_each_request_otherwise_needs_no_form_token(tiny: Tiny) -> None:
    assert tiny.client().post("/webhooks/other").status_code == 200
    sent = token() | {"Idempotency-Key": "k"}
    assert tiny.client().post("/v1/things", json=THING, headers=sent).status_code == 201


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "TRACE", "FOO"])
def test_no_method_is_a_way_around(tiny: Tiny, method: str) -> None:
    answer = tiny.client().open("/v1/things/x", method=method, headers={"Accept": "application/json"})
    assert answer.status_code in {401, 405}
