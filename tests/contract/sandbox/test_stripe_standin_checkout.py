"""The stand-in's hosted page as a browser without JavaScript meets it: pay, be declined, come too late, press twice."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from requests import Response

from sandbox.stripe.server import ThreadedHandle
from tests.support import web
from tests.support.stripe_client import sdk

FORM = {
    "email": "jo@example.com",
    "card_number": "4242 4242 4242 4242",
    "card_expiry": "12 / 34",
    "card_cvc": "123",
    "name": "Jo Weber",
    "country": "DE",
}


@pytest.fixture
def client(standin: ThreadedHandle) -> stripe.StripeClient:
    return sdk(standin.url)


def opened(client: stripe.StripeClient, **changes: Any) -> stripe.checkout.Session:
    price = {"currency": "usd", "unit_amount": 4900, "product_data": {"name": "One incident <b>now</b>"}}
    params: Any = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": "https://example.com/return?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://example.com/canceled",
        "payment_intent_data": {"metadata": {"order_id": "ord_1"}},
        **changes,
    }
    return client.v1.checkout.sessions.create(params)


def submit(session: stripe.checkout.Session, **changes: str) -> Response:
    return web.post(str(session.url), data=FORM | changes)


def charges(client: stripe.StripeClient) -> list[stripe.Charge]:
    return client.v1.charges.list().data


def test_4242_pays_and_sends_the_browser_back(client: stripe.StripeClient) -> None:
    session = opened(client)
    answer = submit(session)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://example.com/return?session_id={session.id}"
    paid: Any = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.email == "jo@example.com"
    charge = paid.payment_intent.latest_charge
    assert charge.metadata.to_dict() == {"order_id": "ord_1"}
    assert charge.balance_transaction.fee == 172
    assert charge.billing_details.address.country == "DE"
    receipt = web.get(charge.receipt_url)
    assert "$49.00" in receipt.text
    types = [event.type for event in client.v1.events.list().data]
    assert types.index("checkout.session.completed") < types.index("charge.succeeded"), "newest first"


@pytest.mark.parametrize(
    ("number", "says"), [("4000000000000002", "was declined"), ("4000000000009995", "insufficient funds")]
)
def test_a_declined_customer_reads_why_and_can_try_again(client: stripe.StripeClient, number: str, says: str) -> None:
    session = opened(client)
    answer = submit(session, card_number=number)
    assert answer.status_code == 402
    assert says in answer.text
    assert "Jo Weber" in answer.text, "what was entered is kept"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert says in web.get(str(session.url)).text, "the reason is still there when the page is opened again"
    assert submit(session).status_code == 303
    assert [charge.status for charge in charges(client)] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("card_number", "4242 4242 4242 4241", "Your card number is invalid."),
        ("card_number", "4242", "Your card number is incomplete."),
        ("card_number", "4111 1111 1111 1111", "used a non test (live) card"),
        ("card_expiry", "12 / 20", "Your card&#39;s expiration date is in the past."),
        ("card_expiry", "13 / 34", "Your card&#39;s expiration date is invalid."),
        ("card_expiry", "", "Your card&#39;s expiration date is incomplete."),
        ("card_cvc", "12", "Your card&#39;s security code is incomplete."),
        ("email", "jo", "Enter a whole email address"),
        ("name", "", "Enter the name on the card."),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_charged(
    client: stripe.StripeClient, field: str, value: str, sentence: str
) -> None:
    answer = submit(opened(client), **{field: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text
    assert charges(client) == []


def test_a_number_that_may_be_real_is_not_sent_back(client: stripe.StripeClient) -> None:
    assert "4111" not in submit(opened(client), card_number="4111 1111 1111 1111").text


def test_pressing_twenty_times_at_once_charges_once(client: stripe.StripeClient) -> None:
    session = opened(client)
    with ThreadPoolExecutor(20) as hands:
        answers = list(hands.map(lambda _: submit(session).status_code, range(20)))
    assert answers == [303] * 20
    assert len(charges(client)) == 1


def test_a_closed_session_says_so_and_takes_nothing(client: stripe.StripeClient) -> None:
    expired, paid = opened(client), opened(client)
    client.v1.checkout.sessions.expire(expired.id)
    submit(paid)
    assert "This page has expired" in submit(expired).text
    assert "This payment is done" in web.get(str(paid.url)).text
    assert web.get(str(paid.url) + "x").status_code == 404
    assert len(charges(client)) == 1


def test_the_page_says_what_is_bought_escapes_it_and_loads_nothing_from_elsewhere(client: stripe.StripeClient) -> None:
    answer = web.get(str(opened(client, customer_email="jo@acme.test").url))
    assert "One incident &lt;b&gt;now&lt;/b&gt;" in answer.text
    assert "jo@acme.test" in answer.text
    assert 'name="email"' not in answer.text, "an address that the shop gave cannot be changed"
    assert "https://example.com/canceled" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!example\.com)', answer.text)
    assert "<style" not in answer.text
    assert "style=" not in answer.text


def test_the_address_that_the_shop_gave_wins(client: stripe.StripeClient) -> None:
    session = opened(client, customer_email="jo@acme.test")
    submit(session, email="mallory@example.com")
    paid: Any = client.v1.checkout.sessions.retrieve(session.id)
    assert paid.customer_details.email == "jo@acme.test"


def test_a_form_from_another_site_is_refused(client: stripe.StripeClient) -> None:
    session = opened(client)
    answer = web.post(str(session.url), data=FORM, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert charges(client) == []


def test_yen_have_no_cents(client: stripe.StripeClient) -> None:
    price = {"currency": "jpy", "unit_amount": 7500, "product_data": {"name": "One incident"}}
    session = opened(client, line_items=[{"price_data": price, "quantity": 2}])
    assert "¥15,000" in web.get(str(session.url)).text
    submit(session)
    booking = client.v1.balance_transactions.list({"currency": "jpy"}).data[0]
    assert (booking.amount, booking.fee, booking.net) == (15000, 465, 14535)


def test_a_customer_is_made_only_where_the_shop_asks(client: stripe.StripeClient) -> None:
    guest, kept = opened(client), opened(client, customer_creation="always")
    submit(guest)
    submit(kept)
    assert client.v1.checkout.sessions.retrieve(guest.id).customer is None
    customer: Any = client.v1.checkout.sessions.retrieve(kept.id, {"expand": ["customer"]}).customer
    assert customer.email == "jo@example.com"


@pytest.mark.parametrize(
    "change",
    [{"mode": "subscription"}, {"ui_mode": "embedded_page"}, {"allow_promotion_codes": True}],
    ids=lambda change: next(iter(change)),
)
def test_what_only_stripe_can_do_is_refused_not_pretended(client: stripe.StripeClient, change: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        opened(client, **change)
    assert "does not implement" in str(refusal.value.user_message)


def test_a_recurring_price_cannot_be_paid_once(client: stripe.StripeClient) -> None:
    price = client.v1.prices.create(
        {"currency": "usd", "unit_amount": 900, "recurring": {"interval": "month"}, "product_data": {"name": "Plan"}}
    )
    with pytest.raises(stripe.InvalidRequestError):
        opened(client, line_items=[{"price": price.id, "quantity": 1}])
