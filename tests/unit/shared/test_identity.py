"""Who calls is known by what only they can sign or know."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import OctKey, OKPKey

from shared import clock
from shared.api_keys import ApiKey
from shared.identity import _MOST_KNOWN, BearerVerifier, ServiceIdentity
from shared.ids import digest, new_id

KEYS = {name: OKPKey.generate_key("Ed25519") for name in ("billing", "queue", "stranger")}
KEYS_OF_INTEGRATORS = (ApiKey(name="shop", sha256=digest("psk_good"), scopes=frozenset({"tickets:read"})),)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def private(name: str) -> dict[str, Any]:
    return dict(KEYS[name].as_dict(private=True))


def public(name: str) -> dict[str, Any]:
    return dict(KEYS[name].as_dict(private=False))


@pytest.fixture
def verifier() -> BearerVerifier:
    """What entitlements knows of its callers."""
    peers = {name: public(name) for name in ("billing", "queue")}
    return BearerVerifier("entitlements", peers, KEYS_OF_INTEGRATORS)


def signed(name: str, *, key: OKPKey | None = None, algorithm: str = "Ed25519", **claims: Any) -> str:
    now = int(clock.now().timestamp())
    known = {"iss": name, "aud": "entitlements", "iat": now, "exp": now + 60, **claims}
    payload = json.dumps({claim: value for claim, value in known.items() if value is not None})
    return jws.serialize_compact({"alg": algorithm}, payload, key or KEYS[name], algorithms=[algorithm])


def test_a_peer_is_known_by_its_signature(verifier: BearerVerifier) -> None:
    caller = verifier.caller(ServiceIdentity("queue", private("queue")).token("entitlements"))
    assert caller is not None
    assert (caller.kind, caller.name) == ("service", "queue")


def test_a_token_for_another_service_is_no_token_here(verifier: BearerVerifier) -> None:
    assert verifier.caller(ServiceIdentity("queue", private("queue")).token("billing")) is None


@pytest.mark.parametrize(("later", "good"), [(0, True), (59, True), (75, False), (3_600, False)])
def test_a_token_is_good_for_a_minute(
    verifier: BearerVerifier, monkeypatch: pytest.MonkeyPatch, later: int, *, good: bool
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    token = ServiceIdentity("queue", private("queue")).token("entitlements")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=later))
    assert (verifier.caller(token) is not None) is good


def test_a_token_is_used_again_for_half_a_minute_at_the_same_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    identity = ServiceIdentity("queue", private("queue"))
    first = identity.token("billing")
    assert identity.token("entitlements") != first
    for seconds, same in ((0, True), (29, True), (31, False), (-5, False)):
        monkeypatch.setattr(clock, "now", lambda later=seconds: NOW + timedelta(seconds=later))
        again = ServiceIdentity("queue", private("queue"))
        again._tokens["billing"] = (NOW.timestamp(), first)
        assert (again.token("billing") == first) is same


def test_two_tokens_that_were_made_are_never_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    one, other = (ServiceIdentity("queue", private("queue")) for _ in range(2))
    assert one.token("billing") != other.token("billing")


def test_a_token_is_read_once_and_known_until_it_ends(
    verifier: BearerVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    token = signed("queue")
    known = verifier.caller(token)
    monkeypatch.setattr(jwt, "decode", lambda *_args, **_named: pytest.fail("read again"))
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=59))
    assert verifier.caller(token) == known
    monkeypatch.undo()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=75))
    assert verifier.caller(token) is None


def test_a_token_that_is_known_does_not_make_another_one_good(verifier: BearerVerifier) -> None:
    token = signed("queue")
    assert verifier.caller(token) is not None
    assert verifier.caller(token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")) is None
    assert verifier.caller(signed("queue", aud="billing")) is None


def test_many_tokens_are_known_and_not_more(verifier: BearerVerifier) -> None:
    for _ in range(_MOST_KNOWN + 10):
        assert verifier.caller(signed("queue", jti=new_id("jwt"))) is not None
    assert len(verifier._known) <= _MOST_KNOWN


def test_who_signs_with_another_key_is_nobody(verifier: BearerVerifier) -> None:
    assert verifier.caller(signed("queue")) is not None
    assert verifier.caller(signed("queue", key=KEYS["stranger"])) is None
    assert verifier.caller(signed("stranger")) is None


def test_a_peer_cannot_speak_for_another_peer(verifier: BearerVerifier) -> None:
    assert verifier.caller(signed("billing", key=KEYS["queue"])) is None


@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "iat"])
def test_a_token_says_by_whom_for_whom_and_how_long(verifier: BearerVerifier, missing: str) -> None:
    assert verifier.caller(signed("queue", **{missing: None})) is None


@pytest.mark.parametrize(
    ("issued", "lives", "good"),
    [(0, 60, True), (0, 300, True), (0, 301, False), (0, 365 * 86_400, False), (-200, 300, True), (-400, 500, False),
     (9, 60, True), (11, 60, False), (3_600, 60, False)],
)  # fmt: skip
def test_a_token_lives_for_minutes_and_is_of_now(
    verifier: BearerVerifier, issued: int, lives: int, *, good: bool
) -> None:
    """Whoever holds a peer's key for a moment must not be able to sign for the year to come."""
    began = int(clock.now().timestamp()) + issued
    assert (verifier.caller(signed("queue", iat=began, exp=began + lives)) is not None) is good


def test_a_token_without_a_signature_is_worth_nothing(verifier: BearerVerifier) -> None:
    header, payload, signature = signed("queue").split(".")
    none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    for forged in (f"{none}.{payload}.", f"{none}.{payload}.{signature}", f"{header}.{payload}.", f"..{signature}"):
        assert verifier.caller(forged) is None


def test_the_public_key_is_no_shared_secret(verifier: BearerVerifier) -> None:
    """The old trick: sign with HS256 and the public key that everybody knows."""
    forged = signed("queue", key=OctKey.import_key(public("queue")["x"] + "0" * 16), algorithm="HS256")  # type: ignore[arg-type]
    assert verifier.caller(forged) is None


def test_an_integrator_is_known_by_the_key_and_only_its_digest_is_stored(verifier: BearerVerifier) -> None:
    caller = verifier.caller("psk_good")
    assert caller is not None
    assert (caller.kind, caller.name, caller.subject) == ("integrator", "shop", "integrator:shop")
    assert caller.scopes == {"tickets:read"}
    assert verifier.caller("psk_other") is None
    assert verifier.caller(digest("psk_good")) is None


@pytest.mark.parametrize("header", [{"alg": "Ed25519", "crit": 5}, {"alg": ["Ed25519"]}, {"alg": 1}, [], "x", None])
def test_a_header_of_the_wrong_kind_is_refused_and_never_an_error(verifier: BearerVerifier, header: Any) -> None:
    payload = signed("queue").split(".")[1]
    forged = urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    assert verifier.caller(f"{forged}.{payload}.AA") is None


@given(st.text() | st.builds("{}.{}.{}".format, st.text(), st.text(), st.text()))
def test_nonsense_is_nobody_and_never_an_error(nonsense: str) -> None:
    verifier = BearerVerifier("entitlements", {"queue": public("queue")}, KEYS_OF_INTEGRATORS)
    assert verifier.caller(nonsense) is None


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "iat", "nbf"]), st.none() | st.text() | st.lists(st.integers())
    )
)
def test_claims_of_the_wrong_kind_are_refused_and_never_an_error(claims: dict[str, Any]) -> None:
    verifier = BearerVerifier("entitlements", {"queue": public("queue")}, ())
    token = signed("queue", **claims)
    assert verifier.caller(token) is None or not {"iss", "aud", "exp", "iat"} & claims.keys()
