"""What the product asks of Stripe, asked with the real SDK; each request and reply is judged by Stripe's own document.

Without STRIPE_TEST_KEY this compares the stand-in with the published document only: nothing has been verified
against Stripe. With it (a key that begins with sk_test_) the same tests run against Stripe's test mode too.
"""

import time
from typing import Any

import pytest
import stripe

from sandbox.stripe.ids import new_id
from tests.contract.conftest import STRIPE_TEST_KEY
from tests.support.stripe_client import eventually, last_headers

HERE = "https://example.com/checkout"


def unique(word: str) -> str:
    return f"{word}_{new_id('t')[2:14].lower()}"


def price(client: stripe.StripeClient, **changes: Any) -> stripe.Price:
    params: Any = {"currency": "usd", "unit_amount": 4900, "product_data": {"name": "One incident"}, **changes}
    return client.v1.prices.create(params)


def session(client: stripe.StripeClient, **changes: Any) -> stripe.checkout.Session:
    params: Any = {
        "mode": "payment",
        "line_items": [{"price": price(client).id, "quantity": 1}],
        "success_url": f"{HERE}/return?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{HERE}/canceled",
        **changes,
    }
    return client.v1.checkout.sessions.create(params)


def paid_intent(client: stripe.StripeClient, amount: int = 4900, currency: str = "usd") -> stripe.PaymentIntent:
    params: Any = {
        "amount": amount,
        "currency": currency,
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        "confirm": True,
        "capture_method": "automatic",
        "expand": ["latest_charge.balance_transaction"],
    }
    return client.v1.payment_intents.create(params)


@pytest.mark.skipif(bool(STRIPE_TEST_KEY), reason="verified against Stripe's test mode in this run")
def test_says_when_nothing_was_verified_against_stripe() -> None:
    pytest.skip("STRIPE_TEST_KEY is not set: the stand-in agrees with Stripe's document, not verified against Stripe")


def test_a_customer_is_found_by_address_and_updated(client: stripe.StripeClient) -> None:
    email = f"{unique('jo')}@example.com"
    made = client.v1.customers.create({"email": email, "name": "Jo Weber", "metadata": {"a": "1", "b": "2"}})
    client.v1.customers.update(made.id, {"metadata": {"a": ""}, "name": "Jo W."})
    found = client.v1.customers.list({"email": email})
    assert [customer.id for customer in found.data] == [made.id]
    assert found.data[0].name == "Jo W."
    assert found.data[0].metadata.to_dict() == {"b": "2"}
    assert client.v1.customers.retrieve(made.id).email == email


def test_a_lookup_key_moves_to_the_new_price(client: stripe.StripeClient) -> None:
    key = unique("incident_1_usd")
    product = client.v1.products.create({"name": "One incident", "id": unique("incident")})
    old = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 4900, "lookup_key": key})
    new: Any = {"product": product.id, "currency": "usd", "unit_amount": 5900, "lookup_key": key}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.prices.create(new)
    moved = client.v1.prices.create({**new, "transfer_lookup_key": True})
    found = client.v1.prices.list({"lookup_keys": [key], "active": True, "expand": ["data.product"]})
    assert [entry.id for entry in found.data] == [moved.id]
    assert client.v1.prices.retrieve(old.id).lookup_key is None


def test_products_and_prices_are_updated_and_listed(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Pack", "description": "Five incidents"})
    client.v1.products.update(product.id, {"active": False, "description": ""})
    assert client.v1.products.retrieve(product.id).description is None
    assert [entry.id for entry in client.v1.products.list({"ids": [product.id], "active": False}).data] == [product.id]
    monthly = price(client, recurring={"interval": "month"})
    assert (monthly.type, monthly.recurring and monthly.recurring.interval) == ("recurring", "month")
    assert client.v1.prices.update(monthly.id, {"active": False, "nickname": "old"}).active is False


def test_a_checkout_session_keeps_what_it_was_given(client: stripe.StripeClient) -> None:
    made = session(
        client,
        client_reference_id="ord_1",
        customer_email="jo@example.com",
        metadata={"order_id": "ord_1"},
        payment_intent_data={"metadata": {"order_id": "ord_1"}},
        expires_at=int(time.time()) + 3600,
    )
    assert (made.status, made.payment_status, made.payment_intent) == ("open", "unpaid", None)
    assert made.url
    found = client.v1.checkout.sessions.retrieve(made.id, {"expand": ["line_items.data.price.product"]})
    assert (found.amount_total, found.currency, found.client_reference_id) == (4900, "usd", "ord_1")
    assert found.metadata is not None
    assert found.metadata.to_dict() == {"order_id": "ord_1"}
    assert found.line_items is not None
    assert found.line_items.data[0].description == "One incident"
    items = client.v1.checkout.sessions.line_items.list(made.id)
    assert [item.amount_total for item in items.data] == [4900]
    assert made.id in [entry.id for entry in client.v1.checkout.sessions.list({"status": "open"}).data]


def test_a_session_expires_once(client: stripe.StripeClient) -> None:
    made = session(client)
    assert client.v1.checkout.sessions.expire(made.id).status == "expired"
    assert client.v1.checkout.sessions.retrieve(made.id).url is None
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(made.id)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items[0][price]"),
        ({"expires_at": int(time.time()) + 60}, "expires_at"),
        ({"success_url": "no address"}, "success_url"),
        ({"customer": "cus_none"}, "customer"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"amount": 1}, "amount"),
        ({"metadata": {"a" * 41: "x"}}, None),
    ],
)
def test_a_session_that_makes_no_sense_is_refused(
    client: stripe.StripeClient, change: dict[str, Any], param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        session(client, **change)
    assert refusal.value.http_status == 400
    assert param in {None, refusal.value.param}


def test_a_payment_leaves_charge_balance_transaction_and_events(client: stripe.StripeClient) -> None:
    began = int(time.time()) - 5
    intent = paid_intent(client)
    assert intent.status == "succeeded"
    charge: Any = intent.latest_charge
    booking = charge.balance_transaction
    assert (charge.paid, charge.amount, charge.amount_refunded) == (True, 4900, 0)
    assert booking.net == booking.amount - booking.fee
    assert booking.source == charge.id
    assert booking.fee == sum(detail.amount for detail in booking.fee_details)
    assert charge.id in [entry.id for entry in client.v1.charges.list({"created": {"gte": began}}).data]
    listed = client.v1.balance_transactions.list(
        {"type": "charge", "created": {"gte": began}, "expand": ["data.source"]}
    )
    assert booking.id in [entry.id for entry in listed.data]
    assert client.v1.balance_transactions.retrieve(booking.id).reporting_category == "charge"
    events = client.v1.events.list({"types": ["charge.succeeded"], "created": {"gte": began}})
    event: Any = next(event for event in events.data if event.data.object["id"] == charge.id)
    assert client.v1.events.retrieve(event.id).type == "charge.succeeded"


def test_a_declined_card_is_a_card_error_and_leaves_a_failed_charge(client: stripe.StripeClient) -> None:
    made = client.v1.payment_intents.create({"amount": 4900, "currency": "usd", "payment_method_types": ["card"]})
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    assert (refusal.value.code, refusal.value.error and refusal.value.error.decline_code) == (
        "card_declined",
        "generic_decline",
    )
    after: Any = client.v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]})
    assert (after.status, after.latest_charge.status) == ("requires_payment_method", "failed")
    paid = client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as late:
        client.v1.payment_intents.cancel(made.id)
    assert late.value.code == "payment_intent_unexpected_state"


def test_a_charge_can_be_made_without_us(client: stripe.StripeClient) -> None:
    made = client.v1.charges.create({"amount": 7500, "currency": "jpy", "source": "tok_visa", "description": "by hand"})
    assert (made.status, made.payment_intent, made.currency) == ("succeeded", None, "jpy")
    client.v1.charges.update(made.id, {"metadata": {"note": "found"}})
    assert client.v1.charges.retrieve(made.id, {"expand": ["refunds"]}).metadata.to_dict() == {"note": "found"}


def test_refunds_never_exceed_the_charge(client: stripe.StripeClient) -> None:
    intent = paid_intent(client)
    charge: Any = intent.latest_charge
    part = client.v1.refunds.create(
        {
            "payment_intent": intent.id,
            "amount": 1900,
            "reason": "requested_by_customer",
            "expand": ["balance_transaction"],
        }
    )
    booking: Any = part.balance_transaction
    assert (booking.type, booking.amount, booking.net, booking.source) == ("refund", -1900, -1900, part.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"charge": charge.id, "amount": 3001})
    assert "greater than unrefunded amount" in str(refusal.value.user_message)
    assert client.v1.refunds.create({"charge": charge.id}).amount == 3000
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create({"charge": charge.id})
    assert again.value.code == "charge_already_refunded"
    after = client.v1.charges.retrieve(charge.id)
    assert (after.refunded, after.amount_refunded) == (True, 4900)
    assert len(client.v1.refunds.list({"charge": charge.id}).data) == 2


def test_an_endpoint_tells_its_secret_once(client: stripe.StripeClient) -> None:
    made = client.v1.webhook_endpoints.create(
        {"url": "https://example.com/hook", "enabled_events": ["charge.succeeded"]}
    )
    try:
        assert str(made.secret).startswith("whsec_")
        assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id).to_dict()
        changed = client.v1.webhook_endpoints.update(made.id, {"disabled": True})
        assert changed.status == "disabled"
        assert made.id in [entry.id for entry in client.v1.webhook_endpoints.list().data]
    finally:
        assert client.v1.webhook_endpoints.delete(made.id).to_dict()["deleted"] is True


def test_the_same_key_and_request_get_the_same_reply(client: stripe.StripeClient) -> None:
    key = unique("key")
    first = client.v1.customers.create({"name": "Jo"}, {"idempotency_key": key})
    assert "idempotent-replayed" not in last_headers(client)
    again = client.v1.customers.create({"name": "Jo"}, {"idempotency_key": key})
    assert again.id == first.id
    assert last_headers(client)["idempotent-replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as refusal:
        client.v1.customers.create({"name": "Jane"}, {"idempotency_key": key})
    assert refusal.value.http_status == 400


def test_a_declined_payment_is_declined_again_without_a_second_try(client: stripe.StripeClient) -> None:
    key = unique("key")
    params: Any = {"amount": 4900, "currency": "usd", "source": "tok_chargeDeclined"}
    charges = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            client.v1.charges.create(params, {"idempotency_key": key})
        assert refusal.value.error is not None
        charges.append(refusal.value.error.charge)
    assert charges[0] == charges[1]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 4900, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": "many", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 1, "currency": "usd"}, "amount_too_small", "amount"),
    ],
)
def test_bad_parameters_are_named(client: stripe.StripeClient, params: Any, code: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(params)
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, code, param)


def test_what_is_not_there_is_missing(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as gone:
        client.v1.charges.retrieve("ch_none")
    assert (gone.value.http_status, gone.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as strange:
        client.raw_request("get", "/v1/inventions")
    assert strange.value.http_status == 404
    assert "Unrecognized request URL" in str(strange.value.user_message)
    with pytest.raises(stripe.InvalidRequestError) as narrow:
        client.v1.customers.create({"expand": ["nonsense"]})
    assert "cannot be expanded" in str(narrow.value.user_message)


def test_pages_of_a_list_join_without_gap_or_repeat(client: stripe.StripeClient) -> None:
    email = f"{unique('many')}@example.com"
    made = [client.v1.customers.create({"email": email}).id for _ in range(5)]
    first = client.v1.customers.list({"email": email, "limit": 2})
    assert (len(first.data), first.has_more) == (2, True)
    everybody = [customer.id for customer in first.auto_paging_iter()]
    assert everybody == made[::-1]
    before = client.v1.customers.list({"email": email, "limit": 2, "ending_before": made[1]})
    assert [customer.id for customer in before.data] == [made[3], made[2]]
    assert before.has_more


def test_a_customer_is_found_by_search(client: stripe.StripeClient) -> None:
    email = f"{unique('jo')}@example.com"
    made = client.v1.customers.create({"email": email, "metadata": {"order": "o1"}})
    query = f"email:'{email}' AND metadata['order']:'o1'"

    def found() -> list[str]:
        return [one.id for one in client.v1.customers.search({"query": query}).data]

    eventually(lambda: found() == [made.id], 60.0 if STRIPE_TEST_KEY else 10.0)


def test_a_page_has_one_to_a_hundred_objects(client: stripe.StripeClient) -> None:
    email = f"{unique('al')}@example.com"
    for _ in range(2):
        client.v1.customers.create({"email": email})
    assert len(client.v1.customers.list({"email": email, "limit": 0}).data) == 1
    assert len(client.v1.customers.list({"email": email, "limit": 101}).data) == 2
