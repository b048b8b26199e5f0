"""The stand-in's other troubles: wrong keys, outages, lost replies, two at once; and the control area for people."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from sandbox.stripe.server import ThreadedHandle
from tests.contract.sandbox.test_stripe_standin_webhooks import fault
from tests.support import web
from tests.support.stripe_client import API_KEY, eventually, last_headers, sdk


@pytest.mark.parametrize("key", ["sk_test_of_somebody_else_0000", "sk_live_0123456789012345"])
def test_a_wrong_key_is_refused_and_not_repeated(standin: ThreadedHandle, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refusal:
        sdk(standin.url, key).v1.customers.list()
    assert refusal.value.http_status == 401
    assert key not in str(refusal.value)


def test_a_key_is_needed_and_basic_auth_carries_it_too(standin: ThreadedHandle) -> None:
    assert web.get(f"{standin.url}/v1/customers").json()["error"]["type"] == "invalid_request_error"
    basic = base64.b64encode(f"{API_KEY}:".encode()).decode()
    assert web.get(f"{standin.url}/v1/customers", headers={"Authorization": f"Basic {basic}"}).status_code == 200


def test_another_version_of_the_api_is_refused(standin: ThreadedHandle) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        sdk(standin.url).v1.customers.list(None, {"stripe_version": "2020-08-27"})


def test_an_outage_does_nothing_and_the_sdk_tries_again(standin: ThreadedHandle) -> None:
    fault(standin, "api.error_500", match="POST /v1/customers")
    client = sdk(standin.url, retries=1)
    client.v1.customers.create({"name": "Jo"})
    assert "idempotent-replayed" not in last_headers(client)
    assert len(client.v1.customers.list().data) == 1


def test_too_many_requests_are_told_so(standin: ThreadedHandle) -> None:
    fault(standin, "api.rate_limit")
    with pytest.raises(stripe.RateLimitError):
        sdk(standin.url).v1.customers.list()


def test_a_500_that_was_answered_is_answered_again_for_a_day(standin: ThreadedHandle) -> None:
    fault(standin, "api.error_500_after")
    client = sdk(standin.url)
    params: Any = {"amount": 4900, "currency": "usd", "source": "tok_visa"}
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.v1.charges.create(params, {"idempotency_key": "attempt-1"})
    told = last_headers(client)
    assert (told["idempotent-replayed"], told["stripe-should-retry"]) == ("true", "false")
    assert len(client.v1.charges.list().data) == 1, "the work of the first was done"
    web.post(f"{standin.url}/_sandbox/clock", json={"hours": 25})
    client.v1.charges.create(params, {"idempotency_key": "attempt-1"})
    assert len(client.v1.charges.list().data) == 2, "keys live for 24 hours"


def test_any_call_fails_with_any_status_by_share(standin: ThreadedHandle) -> None:
    fault(standin, "api.fail", match="GET /v1/customers", times=None, share=0.25, status=503)
    statuses = [
        web.get(f"{standin.url}/v1/customers", headers={"Authorization": f"Bearer {API_KEY}"}).status_code
        for _ in range(60)
    ]
    assert set(statuses) == {200, 503}
    assert 5 <= statuses.count(503) <= 27


@pytest.mark.parametrize("kind", ["api.rate_limit", "api.lock_timeout"])
def test_a_429_says_why_and_that_it_may_be_tried_again(standin: ThreadedHandle, kind: str) -> None:
    fault(standin, kind)
    told = web.get(f"{standin.url}/v1/customers", headers={"Authorization": f"Bearer {API_KEY}"})
    assert (told.status_code, told.headers["stripe-should-retry"]) == (429, "true")
    assert told.headers["stripe-rate-limited-reason"]


def test_a_lost_reply_is_found_again_by_its_key(standin: ThreadedHandle) -> None:
    fault(standin, "api.lost_reply", seconds=0.1)
    client = sdk(standin.url)
    params: Any = {"amount": 4900, "currency": "usd", "source": "tok_visa"}
    with pytest.raises(stripe.APIConnectionError):
        client.v1.charges.create(params, {"idempotency_key": "attempt-1"})
    again = client.v1.charges.create(params, {"idempotency_key": "attempt-1"})
    assert last_headers(client)["idempotent-replayed"] == "true"
    assert [charge.id for charge in client.v1.charges.list().data] == [again.id]


def test_a_key_in_use_is_a_conflict(standin: ThreadedHandle) -> None:
    fault(standin, "api.slow", seconds=1.0)
    with ThreadPoolExecutor(1) as hands:
        params: Any = {"name": "Jo"}
        slow = hands.submit(sdk(standin.url).v1.customers.create, params, {"idempotency_key": "key-1"})
        time.sleep(0.3)
        with pytest.raises(stripe.StripeError) as refusal:
            sdk(standin.url).v1.customers.create(params, {"idempotency_key": "key-1"})
        assert refusal.value.http_status == 409
        assert sdk(standin.url).v1.customers.create(params).id != slow.result().id, "others are not held up"


def test_a_refusal_of_the_parameters_does_not_use_the_key_up(standin: ThreadedHandle) -> None:
    client = sdk(standin.url)
    wrong: Any = {"nickname": "Jo"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create(wrong, {"idempotency_key": "key-1"})
    assert client.v1.customers.create({"name": "Jo"}, {"idempotency_key": "key-1"}).name == "Jo"


def test_a_balance_transaction_may_come_later(standin: ThreadedHandle) -> None:
    fault(standin, "charge.balance_transaction_later", seconds=1)
    client = sdk(standin.url)
    charge = client.v1.charges.create({"amount": 4900, "currency": "usd", "source": "tok_visa"})
    assert charge.balance_transaction is None
    eventually(lambda: client.v1.charges.retrieve(charge.id).balance_transaction)
    event: Any = client.v1.events.list({"type": "charge.updated"}).data[0]
    assert event.data.previous_attributes["balance_transaction"] is None


def test_a_charge_behind_our_back_is_in_the_list_like_any_other(standin: ThreadedHandle) -> None:
    made = web.post(f"{standin.url}/_sandbox/charges", json={"amount": 12300, "currency": "eur"}).json()
    assert [charge.id for charge in sdk(standin.url).v1.charges.list().data] == [made["id"]]
    assert web.post(f"{standin.url}/_sandbox/charges", json={"amount": 1}).status_code == 400


def test_the_page_for_people_shows_and_does_what_it_says(standin: ThreadedHandle) -> None:
    with web.Visitor(standin.url, follow=True) as person:
        assert "None yet" in person.get("/").text
        shown = person.post("/_sandbox/charges", data={"amount": "4900", "currency": "usd"})
        assert "$49.00" in shown.text
        assert "webhook.drop" in person.post("/_sandbox/faults", data={"kind": "webhook.drop"}).text
        assert "None is on" in person.post("/_sandbox/faults/clear").text
        assert person.post("/_sandbox/faults", json={"kind": "nonsense"}).status_code == 400
        foreign = person.post("/_sandbox/charges", headers={"Origin": "https://elsewhere.example"})
        assert foreign.status_code == 403


def test_parallel_requests_each_leave_their_mark(standin: ThreadedHandle) -> None:
    client = sdk(standin.url)
    with ThreadPoolExecutor(12) as hands:
        made = list(hands.map(lambda number: client.v1.customers.create({"name": str(number)}).id, range(40)))
    assert len(set(made)) == 40
    assert len(client.v1.customers.list({"limit": 100}).data) == 40
