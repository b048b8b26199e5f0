"""Staff sign in at a real OpenID provider, by the same steps as a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from requests import Response

from sandbox import signin
from sandbox.embedded import free_port
from sandbox.pages import HttpServer
from sandbox.signin.people import Person
from tests.support import web
from tests.support.tiny import Tiny, tiny_service

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def provider(tmp_path: Path, service_port: int) -> Iterator[signin.SigninProvider]:
    provider = signin.start(
        tmp_path,
        client_id="premium-support",
        client_secret="client-secret-of-the-tests",
        redirect_uris=[f"http://127.0.0.1:{service_port}/signin/callback"],
    )
    yield provider
    provider.stop()


@pytest.fixture
def service_port() -> int:
    return free_port()


@pytest.fixture
def tiny(databases: Any, provider: signin.SigninProvider, service_port: int) -> Iterator[Tiny]:
    with tiny_service(databases, signin=provider.url, url=f"http://127.0.0.1:{service_port}") as tiny:
        server = HttpServer(app=tiny.app, port=service_port).start()
        yield tiny
        server.stop()


@pytest.fixture
def browser(tiny: Tiny) -> Iterator[web.Visitor]:
    with web.Visitor(tiny.variables["PUBLIC_URL"], headers=HTML, follow=True) as browser:
        yield browser


def choose(browser: web.Visitor, page: Response, sub: str) -> Response:
    """Click a person on the provider's page."""
    return browser.post(page.url, data={"sub": sub})


def sign_in(browser: web.Visitor, sub: str, wanted: str = "/desk") -> Response:
    return choose(browser, browser.get(wanted), sub)


def test_whoever_opens_a_staff_page_signs_in_and_is_on_that_page(browser: web.Visitor) -> None:
    page = browser.get("/desk?sort=due")
    assert "Who are you today?" in page.text
    there = choose(browser, page, "ana")
    assert there.status_code == 200
    assert there.url.endswith("/desk?sort=due")


def test_the_roles_of_the_provider_decide_what_one_may_see(browser: web.Visitor) -> None:
    assert sign_in(browser, "ben").status_code == 200
    refused = browser.get("/finance")
    assert refused.status_code == 403
    assert "Your role does not allow this." in refused.text
    assert "Ben Okafor" in refused.text


def test_a_page_for_everybody_names_nobody_of_us(browser: web.Visitor) -> None:
    sign_in(browser, "ana")
    assert "Ana" in browser.get("/named").text
    for public_page in ("/nobody-named", "/nothing"):
        page = browser.get(public_page).text
        assert "<main" in page
        assert "Ana" not in page
        assert "Sign out" not in page


def test_whoever_signs_out_is_a_stranger_again(browser: web.Visitor) -> None:
    page = sign_in(browser, "ana").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert browser.post("/signout", data={"csrf_token": "made-up"}).status_code == 400
    assert urlsplit(browser.get("/desk").url).path == "/desk"
    answer = browser.post("/signout", data={"csrf_token": token, "next": "/desk"}, follow=False)
    there = browser.get(answer.headers["Location"], follow=False)
    assert "You are signed out." in there.text
    assert 'href="/desk"' in there.text
    assert urlsplit(browser.get("/desk").url).path == "/authorize"


@pytest.mark.parametrize("wanted", ["//evil.example.test", "https://evil.example.test", "/desk?x=1", "/a\n"])
def test_the_page_after_signing_out_leads_to_no_other_site(browser: web.Visitor, wanted: str) -> None:
    page = browser.get("/signed-out", params={"next": wanted})
    assert page.status_code == 200
    assert "Sign in again" not in page.text


def test_whoever_goes_back_without_signing_in_hears_what_to_do(browser: web.Visitor) -> None:
    answer = sign_in(browser, "")
    assert answer.status_code == 403
    assert "Start again from the page that you wanted" in answer.text
    assert urlsplit(browser.get("/desk").url).path == "/authorize"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.test/", "//evil.example.test", "/\\evil.example.test", "/%09/evil.example.test",
        "/\t/evil.example.test", "javascript:alert(1)", "evil", "", "\\\\evil.example.test", "/\n/evil.example.test",
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_site_after_signing_in(browser: web.Visitor, wanted: str) -> None:
    page = browser.get("/signin", params={"next": wanted})
    answer = browser.post(page.url, data={"sub": "ana"}, follow=False)
    assert answer.status_code in {302, 303}
    back = browser.get(answer.headers["Location"], follow=False)
    target = back.headers["Location"]
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert not {"\t", "\n", "\\"} & set(target)


def test_a_sign_in_begun_in_another_browser_does_not_count_here(browser: web.Visitor, tiny: Tiny) -> None:
    """Else somebody could sign a victim in as themselves, by a link."""
    page = browser.get("/desk")
    callback = browser.post(page.url, data={"sub": "ana"}, follow=False).headers["Location"]
    with web.Visitor(tiny.variables["PUBLIC_URL"], headers=HTML) as victim:
        answer = victim.get(callback)
        assert answer.status_code == 403
        assert victim.get("/desk").status_code == 302


def test_a_callback_is_good_once(browser: web.Visitor) -> None:
    page = browser.get("/desk")
    callback = browser.post(page.url, data={"sub": "ana"}, follow=False).headers["Location"]
    assert urlsplit(browser.get(callback).url).path == "/desk"
    assert browser.get(callback).status_code == 403
    assert urlsplit(browser.get("/desk").url).path == "/desk"


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=y", "?error=access_denied&state=x"])
def test_a_callback_that_nobody_asked_for_is_refused(browser: web.Visitor, query: str) -> None:
    assert browser.get(f"/signin/callback{query}").status_code == 403


def test_signing_in_starts_a_new_session(browser: web.Visitor) -> None:
    browser.get("/form")
    before = dict(browser.cookies)
    sign_in(browser, "ana")
    assert browser.cookies["billing_session"] != before.get("billing_session")


def test_an_identity_signed_by_somebody_else_is_refused(browser: web.Visitor, provider: signin.SigninProvider) -> None:
    other = RSAKey.generate_key(2048, parameters={"kid": "other"})
    provider.web.app.view_functions["keys"] = lambda: {"keys": [other.as_dict(private=False)]}
    answer = sign_in(browser, "ana")
    assert answer.status_code == 403
    assert "Start again" in answer.text
    assert urlsplit(browser.get("/desk").url).path == "/authorize"


@pytest.mark.parametrize(
    "groups", ["not-an-agent", "agent", {"agent": True}, None, 7, ["Agent", "agents"], [["agent"]]]
)
def test_only_a_list_of_roles_names_roles(browser: web.Visitor, monkeypatch: pytest.MonkeyPatch, groups: Any) -> None:
    told = Person.claims

    def claims(self: Person, scope: str) -> dict[str, Any]:
        return told(self, scope) | {"groups": groups}

    monkeypatch.setattr(Person, "claims", claims)
    assert sign_in(browser, "ana").status_code == 403


def test_while_the_provider_is_away_the_page_says_so(browser: web.Visitor, provider: signin.SigninProvider) -> None:
    provider.stop()
    answer = browser.get("/desk")
    assert answer.status_code == 503
    assert "Nobody can sign in just now" in answer.text


def test_whoever_signed_in_works_on_while_the_provider_is_away_and_the_next_hears_so(
    browser: web.Visitor, provider: signin.SigninProvider, tiny: Tiny
) -> None:
    sign_in(browser, "ana")
    with web.Visitor(tiny.variables["PUBLIC_URL"], headers=HTML) as other:
        asked = other.get("/signin").headers["Location"]
        callback = other.post(asked, data={"sub": "ben"}).headers["Location"]
        provider.stop()
        answer = other.get(callback)
    assert answer.status_code == 503
    assert browser.get("/desk").status_code == 200


def test_the_code_is_bound_to_this_service_by_its_secret_and_pkce(browser: web.Visitor, tiny: Tiny) -> None:
    asked = web.get(f"{tiny.variables['PUBLIC_URL']}/signin", follow=False).headers["Location"]
    query = parse_qs(urlsplit(asked).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{tiny.variables['PUBLIC_URL']}/signin/callback"]
    assert query["nonce"]
    assert query["state"]
    assert browser.get("/livez").status_code == 200
