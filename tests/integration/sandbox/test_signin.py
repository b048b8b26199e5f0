"""Signing in with the demo people, over real HTTP: the product's own client on one side, a hostile one on the other."""

import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet
from requests import Response

from sandbox import signin
from sandbox.signin.settings import from_env
from shared.env import Env, SettingsError
from shared.identity import STAFF_ROLES
from shared.ids import digest
from shared.web.signin.sessions import STAFF_SESSION
from tests.support import web
from tests.support.house import ServiceInThread
from tests.support.person import Person
from tests.support.settings import environment

ID = "premium-support"
SECRET = "client-secret-of-the-tests"
CALLBACK = "http://127.0.0.1:9/signin/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
ASKED = {
    "response_type": "code",
    "client_id": ID,
    "redirect_uri": CALLBACK,
    "scope": "openid profile email groups",
    "state": "the-state",
    "nonce": "the-nonce",
    "code_challenge": create_s256_code_challenge(VERIFIER),
    "code_challenge_method": "S256",
}


def start(folder: Path, **settings: Any) -> signin.SigninProvider:
    given = {"client_id": ID, "client_secret": SECRET, "redirect_uris": [CALLBACK]} | settings
    return signin.start(folder, **given)


@pytest.fixture(scope="module")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all: to make an RSA key takes longer than a sign-in."""
    return tmp_path_factory.mktemp("signin")


@pytest.fixture
def provider(key_folder: Path) -> Iterator[signin.SigninProvider]:
    running = start(key_folder)
    yield running
    running.stop()


def authorize(provider: signin.SigninProvider, sub: str | None = "ana", **changed: str | None) -> Response:
    """A click on somebody, or with no `sub` the page before it. A parameter that is changed to None is left out."""
    asked = {name: value for name, value in (ASKED | changed).items() if value is not None}
    address = f"{provider.url}/authorize?{urlencode(asked)}"
    return web.get(address) if sub is None else web.post(address, data={"sub": sub})


def sent_back(answer: Response) -> dict[str, str]:
    """The parameters with which the browser arrives at the callback."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def redeem(provider: signin.SigninProvider, code: str, secret: str = SECRET, **changed: str) -> Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return web.post(f"{provider.url}/token", data=form | changed, auth=(ID, secret))


def claims_of(provider: signin.SigninProvider, token: dict[str, Any]) -> dict[str, Any]:
    keys = KeySet.import_key_set(web.get(f"{provider.url}/jwks.json").json())
    return dict(jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims)


@dataclass
class Office:
    """The queue's web process and the provider at which its staff sign in."""

    queue: ServiceInThread
    provider: signin.SigninProvider

    def comes(self, sub: str, path: str = "/desk") -> Person:
        """Somebody opens a page of the desk at a new browser, and clicks who they are."""
        person = Person().open(self.queue.url + path)
        assert "Who are you today?" in person.page
        return person.send("/authorize", sub=sub)


@pytest.fixture
def office(key_folder: Path, databases: Any) -> Iterator[Office]:
    seat = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{seat.getsockname()[1]}"
    provider = start(key_folder, redirect_uris=[f"{url}/signin/callback"])
    urls = {"queue": url, "signin": provider.url}
    queue = ServiceInThread(
        "queue", seat, environment("queue", databases=databases, redis_url="redis://127.0.0.1:1", urls=urls)
    )
    try:
        yield Office(queue, provider)
    finally:
        queue.close()
        provider.stop()


def session_of(office: Office, person: Person) -> dict[str, Any]:
    """What the queue knows of whoever sits at this browser."""
    app = office.queue.app
    signer = app.session_interface.get_signing_serializer(app)
    secret = signer.loads(person.client.cookies[app.config["SESSION_COOKIE_NAME"]]).get(STAFF_SESSION)
    if secret is None:
        return {}
    with office.queue.context.db.transaction() as session:
        query = sa.text("SELECT subject AS sub, name, email, roles FROM staff_sessions WHERE secret_hash = :key")
        row = session.execute(query, {"key": digest(secret)}).mappings().one_or_none()
    return dict(row or {})


def test_one_click_and_ana_is_at_the_desk_that_she_wanted(office: Office) -> None:
    ana = office.comes("ana", "/desk?from=mail")

    assert ana.response is not None
    assert ana.response.status_code == 200
    assert ana.url == f"{office.queue.url}/desk?from=mail"
    assert "Ana Silva" in ana.page


def test_the_roles_of_each_demo_person_arrive(office: Office) -> None:
    for somebody in signin.PEOPLE:
        person = office.comes(somebody.sub)

        known = session_of(office, person)
        assert (known["sub"], known["name"], known["email"]) == (somebody.sub, somebody.name, somebody.email)
        assert set(known["roles"]) == set(somebody.roles)
        assert person.response is not None
        assert person.response.status_code == (403 if somebody.sub in {"finn", "olga"} else 200)


def test_each_role_of_the_product_has_a_demo_person_and_two_seniors_can_race() -> None:
    assert {role for person in signin.PEOPLE for role in person.roles} == set(STAFF_ROLES)
    assert sum("senior" in person.roles for person in signin.PEOPLE) == 2


def test_signing_out_forgets_who_it_was(office: Office) -> None:
    ana = office.comes("ana")
    ana.follows = False  # the queue's first page is at billing, which is not here
    ana.send("/signout")
    ana.follows = True

    ana.open(f"{office.queue.url}/desk")
    assert ana.url.startswith(f"{office.provider.url}/authorize?")
    assert session_of(office, ana) == {}

    ana.send("/authorize", sub="ben")
    assert "Ben Okafor" in ana.page
    assert "Ana Silva" not in ana.page


ELSEWHERE = (
    "https://evil.test/",
    "//evil.test/",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "/\r\n/evil.test",
    "javascript:1",
)


def test_the_sign_in_leads_nowhere_else(office: Office) -> None:
    for elsewhere in ELSEWHERE:
        person = Person()
        person.follows = False
        person.open(f"{office.queue.url}/signin?{urlencode({'next': elsewhere})}")
        assert person.response is not None
        person.open(person.response.headers["location"]).send("/authorize", sub="ana")
        person.open(person.response.headers["location"])

        assert person.response.headers["location"] == "/", elsewhere
        assert session_of(office, person)["sub"] == "ana"


def test_who_goes_back_is_not_signed_in(office: Office) -> None:
    person = office.comes("")

    assert person.url.startswith(f"{office.queue.url}/signin/callback?error=access_denied")
    assert "The sign-in did not work" in person.page
    assert session_of(office, person) == {}


def test_a_code_of_somebody_else_signs_nobody_in(office: Office) -> None:
    victim = Person().open(f"{office.queue.url}/desk")
    attacker = Person()
    attacker.follows = False
    attacker.open(f"{office.queue.url}/signin")
    assert attacker.response is not None
    attacker.open(attacker.response.headers["location"]).send("/authorize", sub="sofia")

    victim.open(attacker.response.headers["location"])
    assert "The sign-in did not work" in victim.page
    assert session_of(office, victim) == {}


def test_a_provider_that_is_away_is_said_so(office: Office) -> None:
    office.provider.stop()
    try:
        answer = web.get(f"{office.queue.url}/signin", headers={"Accept": "text/html"})
        assert answer.status_code == 503
        assert "Try again in a moment" in answer.text
    finally:
        office.provider.web.__post_init__()
        office.provider.web.start()


def test_the_page_shows_who_everybody_is_and_for_whom_it_asks(provider: signin.SigninProvider) -> None:
    page = authorize(provider, None).text

    for person in signin.PEOPLE:
        assert f'name="sub" value="{person.sub}"' in page
        assert person.name in page
        assert person.title in page
    assert "127.0.0.1:9" in page
    assert "<script" not in page


def test_the_id_token_and_userinfo_say_the_same(provider: signin.SigninProvider) -> None:
    back = sent_back(authorize(provider))
    assert back["state"] == "the-state"
    token = redeem(provider, back["code"]).json()
    told = {
        "sub": "ana",
        "name": "Ana Silva",
        "email": "ana@premium-support.example",
        "email_verified": True,
        "groups": ["senior", "agent"],
    }

    claims = claims_of(provider, token)
    assert told.items() <= claims.items()
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (provider.url, [ID], "the-nonce")
    assert claims["exp"] > claims["iat"]
    authorization = {"Authorization": f"Bearer {token['access_token']}"}
    assert web.get(f"{provider.url}/userinfo", headers=authorization).json() == told


def test_a_client_is_told_what_it_asked_for_and_no_more(provider: signin.SigninProvider) -> None:
    code = sent_back(authorize(provider, scope="openid email"))["code"]

    claims = claims_of(provider, redeem(provider, code).json())
    assert "email" in claims
    assert not {"name", "groups"} & claims.keys()


def test_the_discovery_document_leads_to_each_endpoint(provider: signin.SigninProvider) -> None:
    document = web.get(f"{provider.url}/.well-known/openid-configuration").json()

    assert document["issuer"] == provider.url
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert web.get(document["jwks_uri"]).status_code == 200
    assert web.get(document["userinfo_endpoint"]).status_code == 401
    assert web.post(document["token_endpoint"]).status_code == 400
    assert web.get(document["authorization_endpoint"]).status_code == 400
    assert web.get(f"{provider.url}/readyz").json() == {"status": "ready"}


def test_a_wrong_secret_buys_nothing_and_leaves_the_code_to_its_owner(provider: signin.SigninProvider) -> None:
    code = sent_back(authorize(provider))["code"]

    refused = redeem(provider, code, secret="wrong-" + SECRET)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    nobody = web.post(f"{provider.url}/token", data={"grant_type": "authorization_code", "code": code, "client_id": ID})
    assert nobody.status_code == 401
    assert redeem(provider, code).status_code == 200


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/signin/callback/", "https://evil.test/", 'http://"\u00fc', CALLBACK + "?a=1", None]
)
@pytest.mark.parametrize("sub", ["ana", None], ids=["click", "page"])
def test_a_foreign_redirect_address_is_refused_on_the_page(
    provider: signin.SigninProvider, address: str | None, sub: str | None
) -> None:
    answer = authorize(provider, sub, redirect_uri=address)
    assert answer.status_code == 400
    assert "This sign-in cannot go on" in answer.text


def test_a_code_is_fetched_from_the_address_to_which_it_went(provider: signin.SigninProvider) -> None:
    code = sent_back(authorize(provider))["code"]
    refused = redeem(provider, code, redirect_uri="http://127.0.0.1:10/signin/callback")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("verifier", [VERIFIER.replace("a", "b"), ASKED["code_challenge"], "", "short"])
def test_a_wrong_verifier_is_refused_and_the_code_is_gone(provider: signin.SigninProvider, verifier: str) -> None:
    code = sent_back(authorize(provider))["code"]
    assert redeem(provider, code, code_verifier=verifier).status_code == 400
    assert redeem(provider, code).json()["error"] == "invalid_grant"


def test_a_code_works_once(provider: signin.SigninProvider) -> None:
    code = sent_back(authorize(provider))["code"]
    assert redeem(provider, code).status_code == 200
    replayed = redeem(provider, code)
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")


def test_a_code_does_not_wait(key_folder: Path) -> None:
    provider = start(key_folder, code_lifetime_s=0)
    try:
        assert redeem(provider, sent_back(authorize(provider))["code"]).json()["error"] == "invalid_grant"
    finally:
        provider.stop()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
@pytest.mark.parametrize("sub", ["ana", None], ids=["click", "page"])
def test_a_weak_request_goes_back_to_the_client_with_its_error(
    provider: signin.SigninProvider, changed: dict[str, str | None], error: str, sub: str | None
) -> None:
    back = sent_back(authorize(provider, sub, **changed))
    assert (back["error"], back["state"]) == (error, "the-state")
    assert "code" not in back


def test_a_question_without_a_page_has_no_answer_here(provider: signin.SigninProvider) -> None:
    assert sent_back(authorize(provider, None, prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize("changed", [{"client_id": "somebody-else"}, {"client_id": None}])
def test_an_unknown_client_is_sent_nowhere(provider: signin.SigninProvider, changed: dict[str, str | None]) -> None:
    assert authorize(provider, **changed).status_code == 400


def test_only_demo_people_can_be_chosen_and_not_by_another_site(provider: signin.SigninProvider) -> None:
    assert authorize(provider, "mallory").status_code == 400
    address = f"{provider.url}/authorize?{urlencode(ASKED)}"
    assert web.post(address).status_code == 400
    assert web.post(address, data={"sub": "ana"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic eDp5"}])
def test_userinfo_is_for_whoever_holds_a_token(provider: signin.SigninProvider, headers: dict[str, str]) -> None:
    assert web.get(f"{provider.url}/userinfo", headers=headers).status_code == 401


def test_the_key_survives_a_restart_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "signin"
    published = []
    for _ in range(2):
        provider = start(folder)
        published.append(web.get(f"{provider.url}/jwks.json").json())
        provider.stop()

    assert published[0] == published[1]
    assert not {"d", "p", "q"} & published[0]["keys"][0].keys()
    [kept] = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


GIVEN = {
    "BIND": "127.0.0.1:18006",
    "PUBLIC_URL": "http://127.0.0.1:18006/",
    "SIGNIN_CLIENT_ID": ID,
    "SIGNIN_CLIENT_SECRET": SECRET,
    "SIGNIN_REDIRECT_URIS": "http://127.0.0.1:1/signin/callback, http://127.0.0.1:3/signin/callback",
    "SIGNIN_LOGOUT_DOORS": "http://127.0.0.1:1/signin/backchannel-logout",
    "SIGNIN_STATE": "/tmp/somewhere",  # noqa: S108 - a name; nothing is written there
}


def test_the_settings_come_from_the_environment() -> None:
    settings = from_env(Env(GIVEN))
    assert (settings.port, settings.public_url) == (18006, "http://127.0.0.1:18006")
    assert settings.redirect_uris == ("http://127.0.0.1:1/signin/callback", "http://127.0.0.1:3/signin/callback")
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("SIGNIN_CLIENT_ID", ""), ("SIGNIN_CLIENT_SECRET", ""), ("SIGNIN_REDIRECT_URIS", ","), ("BIND", "0.0.0.0:8006")],
)
def test_a_missing_setting_is_named_and_only_this_machine_is_served(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_env(Env(GIVEN | {name: value}))
