"""A session of staff ends when somebody ends it, and its roles are those that the provider names now."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from authlib.oauth2 import OAuth2Error
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from sandbox import signin
from sandbox.embedded import free_port
from sandbox.pages import HttpServer
from sandbox.signin.logout import EVENT
from sandbox.signin.people import Person, find
from shared import clock
from shared.staff.command import run_command
from tests.support import web
from tests.support.statements import counted
from tests.support.tiny import Tiny, tiny_service

HTML = {"Accept": "text/html,application/xhtml+xml"}
LIVE = HTML | {"X-Live": "1"}
COOKIE = "billing_session"
SECRET = "client-secret-of-the-tests"


@pytest.fixture
def service_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all: to make an RSA key takes longer than a sign-in."""
    return tmp_path_factory.mktemp("signin")


@pytest.fixture
def provider(key_folder: Path, service_port: int) -> Iterator[signin.SigninProvider]:
    url = f"http://127.0.0.1:{service_port}"
    provider = signin.start(
        key_folder,
        client_id="premium-support",
        client_secret=SECRET,
        redirect_uris=[f"{url}/signin/callback"],
        logout_doors=[f"{url}/signin/backchannel-logout"],
    )
    yield provider
    provider.stop()


@pytest.fixture
def tiny(databases: Any, provider: signin.SigninProvider, service_port: int) -> Iterator[Tiny]:
    with tiny_service(databases, signin=provider.url, url=f"http://127.0.0.1:{service_port}") as tiny:
        server = HttpServer(app=tiny.app, port=service_port).start()
        yield tiny
        server.stop()


@pytest.fixture
def at(tiny: Tiny) -> Iterator[Callable[..., web.Visitor]]:
    """Somebody at a browser of their own, signed in by clicking who they are."""
    browsers = []

    def sign_in(sub: str) -> web.Visitor:
        browser = web.Visitor(tiny.variables["PUBLIC_URL"], headers=HTML, follow=True)
        browsers.append(browser)
        browser.post(browser.get("/desk").url, data={"sub": sub})
        browser.follow = False
        return browser

    yield sign_in
    for browser in browsers:
        browser.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let it be later by that much, from now on."""
    began, passed = clock.now, timedelta()

    def move(**by: float) -> None:
        nonlocal passed
        passed += timedelta(**by)
        monkeypatch.setattr(clock, "now", lambda: began() + passed)

    return move


def copy_of(browser: web.Visitor, tiny: Tiny) -> web.Visitor:
    """Another browser with the same cookie."""
    thief = web.Visitor(tiny.variables["PUBLIC_URL"], headers=HTML)
    thief.cookies.set(COOKIE, browser.cookies[COOKIE], domain="127.0.0.1", path="/")
    return thief


def works(browser: web.Visitor, headers: dict[str, str] = HTML) -> bool:
    """Whether the desk opens; else the browser is led to the sign-in."""
    answer = browser.get("/desk", headers=headers)
    if answer.status_code == 302:
        assert urlsplit(answer.headers["Location"]).path == "/signin"
    return answer.status_code == 200


def sign_out(browser: web.Visitor) -> None:
    page = browser.get("/desk").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert browser.post("/signout", data={"csrf_token": token}).status_code == 303


def rows(tiny: Tiny) -> list[dict[str, Any]]:
    with tiny.db.transaction() as session:
        return [dict(row) for row in session.execute(sa.text("SELECT * FROM staff_sessions")).mappings()]


def grants(monkeypatch: pytest.MonkeyPatch, roles: list[str] | Exception) -> None:
    """What the provider says of everybody from now on."""
    told = Person.claims

    def claims(self: Person, scope: str) -> dict[str, Any]:
        if isinstance(roles, Exception):
            raise roles
        return told(self, scope) | {"groups": roles}

    monkeypatch.setattr(Person, "claims", claims)


def test_a_cookie_copied_before_signing_out_is_worth_nothing_afterwards(at: Any, tiny: Tiny) -> None:
    ana = at("ana")
    with copy_of(ana, tiny) as thief:
        assert works(thief)
        sign_out(ana)
        assert not works(thief)
        assert not works(ana)
    assert rows(tiny) == []


def test_signing_out_at_one_browser_leaves_the_other_signed_in(at: Any) -> None:
    office, home = at("ana"), at("ana")
    sign_out(office)
    assert works(home)


def test_a_role_taken_away_is_gone_a_minute_later_and_a_new_one_is_there(
    at: Any, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = at("ana")
    grants(monkeypatch, ["finance"])
    later(seconds=61)
    assert ana.get("/desk").status_code == 403
    assert ana.get("/finance").status_code == 200


def test_a_session_has_an_end_however_busy_it_is(at: Any, later: Any, tiny: Tiny) -> None:
    ana = at("ana")
    for _ in range(11):
        later(minutes=65)
        assert works(ana)
    later(minutes=6)
    assert not works(ana)
    at("ben")
    assert [row["subject"] for row in rows(tiny)] == ["ben"], "what has ended is forgotten"


def test_a_session_ends_when_nobody_does_anything_and_an_open_page_is_nobody(at: Any, later: Any) -> None:
    ana, ben = at("ana"), at("ben")
    for _ in range(4):
        later(minutes=35)
        stands = works(ben, LIVE)
        assert works(ana)
    assert not stands, "the lists that a page loads again by itself"
    later(minutes=121)
    assert not works(ana)


def test_who_is_seen_while_a_page_asks_by_itself_all_the_time_stays_signed_in(
    at: Any, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = at("ana")
    asked = []
    told = Person.claims
    monkeypatch.setattr(Person, "claims", lambda self, scope: asked.append(self.sub) or told(self, scope))
    for _ in range(5):
        later(seconds=61)
        assert works(ana, LIVE), "it is the turn of this one to ask the provider"
        later(minutes=35)
        assert works(ana, LIVE)
        assert works(ana)
    assert len(asked) == 10, "who is only noted as seen asks nobody"


def test_while_the_provider_is_away_the_last_known_roles_hold_for_ten_minutes(
    at: Any, later: Any, provider: signin.SigninProvider
) -> None:
    ana = at("ana")
    provider.stop()
    for _ in range(4):
        later(minutes=2)
        assert works(ana)
        assert ana.get("/finance").status_code == 403
    later(minutes=3)
    assert not works(ana)


def test_a_provider_that_comes_back_is_believed_at_once(at: Any, later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = at("ana")
    with monkeypatch.context() as away:
        grants(away, RuntimeError("the provider has a fault"))
        later(minutes=5)
        assert works(ana)
    grants(monkeypatch, ["finance"])
    later(seconds=61)
    assert ana.get("/desk").status_code == 403


def test_whom_the_provider_knows_no_more_is_out_at_the_next_look(
    at: Any, later: Any, provider: signin.SigninProvider, tiny: Tiny
) -> None:
    ana, ben = at("ana"), at("ben")
    known = find("ana")
    assert known is not None
    provider.logout.registry.forget(known)
    later(seconds=61)
    assert not works(ana)
    assert works(ben)
    assert [row["subject"] for row in rows(tiny)] == ["ben"]


def test_an_answer_about_somebody_else_ends_the_session(at: Any, later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = at("ana")
    told = Person.claims
    monkeypatch.setattr(Person, "claims", lambda self, scope: told(self, scope) | {"sub": "sofia"})
    later(seconds=61)
    assert not works(ana)


def test_a_refusal_that_says_nothing_of_the_person_does_not_end_the_session(
    at: Any, later: Any, provider: signin.SigninProvider
) -> None:
    ana = at("ana")

    def busy() -> Any:
        error = OAuth2Error(description="later")
        error.error = "temporarily_unavailable"
        return {"error": error.error}, 400

    provider.web.app.view_functions["token"] = busy
    later(seconds=61)
    assert works(ana)


def test_many_requests_at_once_ask_the_provider_once(
    at: Any, later: Any, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh token is good once: who came second would be signed out."""
    ana = at("ana")
    asked = []
    told = Person.claims
    roles = ["agent"]

    def claims(self: Person, scope: str) -> dict[str, Any]:
        asked.append(self.sub)
        time.sleep(0.3)  # the others come while the provider thinks
        return told(self, scope) | {"groups": roles}

    def six_at_once() -> list[int]:
        asked.clear()
        cookie = {"Cookie": f"{COOKIE}={ana.cookies[COOKIE]}"}
        address = f"{tiny.variables['PUBLIC_URL']}/desk"
        with ThreadPoolExecutor(6) as tabs:
            return list(tabs.map(lambda _: web.get(address, headers=HTML | cookie).status_code, range(6)))

    monkeypatch.setattr(Person, "claims", claims)
    later(seconds=61)
    assert (six_at_once(), asked) == ([200] * 6, ["ana"])
    later(minutes=50)
    roles = ["finance"]
    assert (six_at_once(), asked) == ([403] * 6, ["ana"]), "what was true an hour ago counts for none of them"


def test_a_request_of_staff_costs_one_statement_and_one_of_a_stranger_none(tiny: Tiny) -> None:
    staff, stranger = tiny.client("agent"), tiny.client()
    staff.get("/desk")
    with counted(tiny.db) as statements:
        assert staff.get("/desk").status_code == 200
    assert len(statements) == 1, statements
    with counted(tiny.db) as statements:
        assert stranger.get("/form").status_code == 200
        assert staff.get("/form").status_code == 200
    assert statements == [], "a public page that shows nobody"


def test_the_statement_finds_the_session_by_its_key(tiny: Tiny) -> None:
    staff = tiny.client("agent")
    with tiny.db.transaction() as session:
        session.execute(
            sa.text(
                "INSERT INTO staff_sessions SELECT 'hash-' || n, 'sub', NULL, 'x', NULL, '{}', 'x', now(), now(), "
                "now() + interval '9 hours', now(), now() + interval '1 minute', NULL FROM generate_series(1, 5000) n"
            )
        )
        session.execute(sa.text("ANALYZE staff_sessions"))
    sent: list[Any] = []
    sa.event.listen(tiny.db.engine, "after_cursor_execute", lambda *given: sent.append(given[2:4]))
    assert staff.get("/desk").status_code == 200
    [(statement, values)] = [one for one in sent if "staff_sessions" in one[0]]
    with tiny.db.engine.connect() as connection:
        told = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert told.count("Index Scan using staff_sessions_pkey") == 2, told
    assert "Seq Scan" not in told


def test_a_copy_of_the_database_signs_nobody_in_and_holds_no_token_of_the_provider(
    at: Any, tiny: Tiny, provider: signin.SigninProvider
) -> None:
    at("ana")
    [row] = rows(tiny)
    with tiny.app.test_client() as client:
        for value in row.values():
            with client.session_transaction() as session:
                session["staff"] = value if isinstance(value, str) else str(value)
            assert client.get("/desk", headers=HTML).status_code == 302
    registry = provider.logout.registry
    tokens = [*registry.tokens._kept, *registry.refresh_tokens._kept]
    assert len(tokens) == 2
    assert not any(token in json.dumps(row, default=str) for token in tokens)


def test_an_operator_ends_the_sessions_of_a_person(at: Any, tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    ana, home, ben = at("ana"), at("ana"), at("ben")
    limits = tiny.app.extensions["staff_sessions"].limits
    run_command(tiny.db, limits, [])
    listed = capsys.readouterr().out
    assert "ana (Ana Silva; agent, senior): since" in listed
    assert "3 sessions." in listed
    run_command(tiny.db, limits, ["end", "ana"])
    assert "2 ended." in capsys.readouterr().out
    assert [works(browser) for browser in (ana, home, ben)] == [False, False, True]
    with pytest.raises(SystemExit, match="nobody named 'nobody' is signed in here"):
        run_command(tiny.db, limits, ["end", "nobody"])
    with pytest.raises(SystemExit, match="sessions end SUBJECT"):
        run_command(tiny.db, limits, ["stop"])


def test_whom_the_provider_signs_out_is_out_at_once(at: Any, provider: signin.SigninProvider) -> None:
    ana, ben = at("ana"), at("ben")
    assert provider.sign_out("ana") == 1
    assert not works(ana)
    assert works(ben)


def logout_token(provider: signin.SigninProvider, *, key: Any = None, header: Any = None, **changed: Any) -> str:
    """A logout token of the provider; a claim that is changed to None is left out."""
    registry = provider.logout.registry
    now = int(time.time())
    claims = {
        "iss": provider.url, "aud": "premium-support", "iat": now, "exp": now + 120, "jti": secrets.token_hex(8),
        "sub": "ana", "events": {EVENT: {}},
    } | changed  # fmt: skip
    own = {"alg": "RS256", "kid": registry.key.kid, "typ": "logout+jwt"} | (header or {})
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(own, said, key or registry.key, algorithms=[own["alg"]])


def told_out(tiny: Tiny, token: str) -> int:
    address = tiny.variables["PUBLIC_URL"] + "/signin/backchannel-logout"
    return web.post(address, data={"logout_token": token}).status_code


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "http://127.0.0.1:1"}, {"iss": None}, {"aud": "somebody-else"}, {"aud": None}, {"iat": None},
        {"exp": None}, {"jti": None}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"events": None}, {"events": {}},
        {"events": {EVENT: True}}, {"nonce": "n"}, {"exp": int(time.time()) - 3600}, {"iat": int(time.time()) + 3600},
        {"iat": int(time.time()) - 3600}, {"header": {"typ": "at+jwt"}}, {"header": {"kid": "nobody's"}},
    ],
)  # fmt: skip
def test_a_token_that_is_no_logout_token_for_us_ends_nothing(
    at: Any, tiny: Tiny, provider: signin.SigninProvider, changed: dict[str, Any]
) -> None:
    ana = at("ana")
    assert told_out(tiny, logout_token(provider, **changed)) == 400
    assert works(ana)


def test_a_token_that_the_provider_did_not_sign_ends_nothing(
    at: Any, tiny: Tiny, provider: signin.SigninProvider
) -> None:
    ana = at("ana")
    registry = provider.logout.registry
    other = RSAKey.generate_key(2048, parameters={"kid": registry.key.kid})
    shared = OctKey.import_key(SECRET)
    none = ".".join([*logout_token(provider).split(".")[:2], ""])
    for token in (
        logout_token(provider, key=other),
        logout_token(provider, key=shared, header={"alg": "HS256"}),
        none,
        "no token",
        "",
        "x" * 900_000,
    ):
        assert told_out(tiny, token) == 400
    assert works(ana)


def test_a_logout_of_one_sign_in_leaves_the_others(at: Any, tiny: Tiny, provider: signin.SigninProvider) -> None:
    office, home = at("ana"), at("ana")
    with tiny.db.transaction() as session:
        session.execute(
            sa.text(
                "UPDATE staff_sessions SET provider_sid = 'office'"
                " WHERE began_at = (SELECT min(began_at) FROM staff_sessions)"
            )
        )
        session.execute(sa.text("UPDATE staff_sessions SET provider_sid = 'home' WHERE provider_sid IS NULL"))
    assert told_out(tiny, logout_token(provider, sid="office")) == 200
    assert [works(office), works(home)] == [False, True]
    assert told_out(tiny, logout_token(provider, sub=None, sid="home")) == 200
    assert not works(home)


def test_a_logout_token_that_comes_again_spares_who_signed_in_since(
    at: Any, tiny: Tiny, provider: signin.SigninProvider, later: Any
) -> None:
    at("ana")
    token = logout_token(provider)
    assert told_out(tiny, token) == 200
    later(seconds=90)
    ana = at("ana")
    assert told_out(tiny, token) == 200
    assert works(ana)
