"""Stripe's signature: believed only when one of our secrets made it, over this body, within five minutes either way."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from services.billing.stripe_inbox.errors import WebhookNotAuthentic
from services.billing.stripe_inbox.signature import verify_signature

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "whsec_current_0123456789"
BODY = '{"id":"evt_1","note":"ünïcode"}'.encode()


def header(body: bytes = BODY, secret: str = SECRET, at: datetime = NOW) -> str:
    moment = int(at.timestamp())
    return f"t={moment},v1={hmac.new(secret.encode(), f'{moment}.'.encode() + body, hashlib.sha256).hexdigest()}"


def verify(given_header: str | None, *, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> None:
    verify_signature(given_header, body, secrets=secrets, now=NOW)


def test_what_stripes_own_library_signs_is_believed() -> None:
    made = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET, int(NOW.timestamp()))
    verify(made)


def test_old_and_new_secret_are_valid_together() -> None:
    verify(header(secret="whsec_before_0123456789"), secrets=(SECRET, "whsec_before_0123456789"))
    verify(header() + ",v1=" + "0" * 64 + ",v0=whatever")


@pytest.mark.parametrize("seconds", [-300, -299, 0, 300])
def test_five_minutes_either_way_are_fine(seconds: int) -> None:
    verify(header(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
def test_older_and_from_the_future_are_refused(seconds: int) -> None:
    with pytest.raises(WebhookNotAuthentic, match="within the last five minutes"):
        verify(header(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_an_empty_secret_signs_nothing(secrets: tuple[str, ...]) -> None:
    with pytest.raises(WebhookNotAuthentic, match="No webhook secret"):
        verify(header(secret=""), secrets=secrets)


def test_an_empty_secret_beside_a_good_one_signs_nothing() -> None:
    with pytest.raises(WebhookNotAuthentic):
        verify(header(secret=""), secrets=("", SECRET))


@pytest.mark.parametrize(
    "wrong",
    [
        None, "", "t=1", "v1=ab", "t=,v1=ab", "t=12e3,v1=ab", "t=-5,v1=ab", "t=٣,v1=ab", "t=99999999999999999,v1=ab",
        "t=1,t=1,v1=a",
    ],
)  # fmt: skip
def test_a_header_that_is_none_is_refused(wrong: str | None) -> None:
    with pytest.raises(WebhookNotAuthentic):
        verify(wrong)


def test_a_header_of_a_thousand_signatures_is_not_worked_through() -> None:
    with pytest.raises(WebhookNotAuthentic, match="no v1 signature that could be checked"):
        verify(f"t={int(NOW.timestamp())}" + ",v1=00" * 1000)


@given(st.text())
def test_whatever_stands_in_the_header_it_is_refused_and_never_breaks(junk: str) -> None:
    with pytest.raises(WebhookNotAuthentic):
        verify(junk)


@given(st.binary(), st.integers(0, 10_000))
def test_any_changed_byte_is_noticed(body: bytes, position: int) -> None:
    signed = header(body)
    verify(signed, body=body)
    changed = bytearray(body or b"x")
    changed[position % len(changed)] ^= 1
    with pytest.raises(WebhookNotAuthentic):
        verify(signed, body=bytes(changed))
