"""The stand-in's webhooks: signed as Stripe signs, repeated until taken, kept over a restart, and bent on request."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe
from requests import RequestException

from sandbox.embedded import free_port
from sandbox.stripe import server
from tests.contract.sandbox.test_stripe_standin_checkout import opened, submit
from tests.support import stripe_document, web
from tests.support.stripe_client import API_KEY, WEBHOOK_SECRET, Receiver, eventually, sdk

Receivers = Callable[..., Receiver]


@pytest.fixture
def receiver(standin: server.ThreadedHandle, receivers: Receivers) -> Receiver:
    made = receivers()
    sdk(standin.url).v1.webhook_endpoints.create({"url": made.url, "enabled_events": ["*"]})
    return made


def fault(standin: server.ThreadedHandle, kind: str, **settings: Any) -> None:
    web.post(f"{standin.url}/_sandbox/faults", json={"kind": kind, **settings}).raise_for_status()


def answers(url: str) -> bool:
    try:
        return web.get(f"{url}/readyz").ok
    except RequestException:
        return False


def deliveries(standin: server.ThreadedHandle) -> dict[str, int]:
    found: dict[str, int] = web.get(f"{standin.url}/_sandbox/state").json()["deliveries"]
    return found


def test_stripes_own_code_accepts_the_signature(standin: server.ThreadedHandle, receivers: Receivers) -> None:
    receiver = receivers()
    client = sdk(standin.url)
    made = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["checkout.session.completed"]})
    session = opened(client)
    submit(session)
    eventually(lambda: receiver.received)
    body, signature = receiver.received[0]
    event = client.construct_event(body, signature, str(made.secret))
    assert event.type == "checkout.session.completed"
    assert event.data.object["id"] == session.id
    stripe_document.check_object(json.loads(body))
    stripe_document.check_object(json.loads(body)["data"]["object"])
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(body.replace(b"4900", b"1"), signature, str(made.secret))
    assert [entry["type"] for entry in receiver.events()] == ["checkout.session.completed"], "nothing unasked for"


def test_an_event_comes_again_until_somebody_says_2xx(standin: server.ThreadedHandle, receiver: Receiver) -> None:
    receiver.answers = [500, 302, 400]
    sdk(standin.url).v1.customers.create({"name": "Jo"})
    eventually(lambda: len(receiver.received) == 4)
    assert len({event["id"] for event in receiver.events()}) == 1
    eventually(lambda: deliveries(standin).get("delivered") == 1)
    event = sdk(standin.url).v1.events.list({"delivery_success": True}).data[0]
    assert event.pending_webhooks == 0


def test_the_endpoint_from_the_settings_outlives_a_restart_with_what_waits(
    tmp_path: Path, receivers: Receivers
) -> None:
    gone = receivers()
    gone.stop()
    settings = {"webhook_url": gone.url, "webhook_secret": WEBHOOK_SECRET}
    first = server.start(tmp_path, API_KEY, **settings)  # type: ignore[arg-type]
    session = opened(sdk(first.url))
    submit(session)
    first.stop()
    back = receivers(port=gone.port)
    second = server.start(tmp_path, API_KEY, **settings)  # type: ignore[arg-type]
    try:
        eventually(lambda: back.events("checkout.session.completed"))
        client = sdk(second.url)
        for body, signature in back.received:
            client.construct_event(body, signature, WEBHOOK_SECRET)
        assert client.v1.checkout.sessions.retrieve(session.id).status == "complete"
        assert len(client.v1.webhook_endpoints.list().data) == 1
    finally:
        second.stop()


def test_killed_in_the_middle_of_a_delivery_it_delivers_after_the_restart(tmp_path: Path, receivers: Receivers) -> None:
    hanging = receivers(pause_s=1.0)
    port = free_port()
    settings = {
        **os.environ,
        "BIND": f"127.0.0.1:{port}",
        "STRIPE_API_KEY": API_KEY,
        "STRIPE_STANDIN_STATE": str(tmp_path),
        "STRIPE_STANDIN_WEBHOOK_URL": hanging.url,
        "STRIPE_STANDIN_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    with subprocess.Popen([sys.executable, "-m", "sandbox.stripe"], env=settings) as process:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(url))
        made = sdk(url).v1.customers.create({"name": "Jo"}, {"idempotency_key": "key-1"})
        eventually(lambda: hanging.received)
        process.kill()
    second = server.start(tmp_path, API_KEY, webhook_url=hanging.url, webhook_secret=WEBHOOK_SECRET)
    try:
        eventually(lambda: len(hanging.received) == 2)
        assert sdk(second.url).v1.customers.create({"name": "Jo"}, {"idempotency_key": "key-1"}).id == made.id
    finally:
        second.stop()


def test_a_duplicate_brings_the_same_event_twice(standin: server.ThreadedHandle, receiver: Receiver) -> None:
    fault(standin, "webhook.duplicate", match="charge.*")
    web.post(f"{standin.url}/_sandbox/charges", json={})
    eventually(lambda: len(receiver.events("charge.succeeded")) == 2)
    assert len({event["id"] for event in receiver.events("charge.succeeded")}) == 1


def test_a_dropped_event_is_only_in_the_list_of_events(standin: server.ThreadedHandle, receiver: Receiver) -> None:
    fault(standin, "webhook.drop", match="customer.created")
    client = sdk(standin.url)
    client.v1.customers.create({"name": "lost"})
    client.v1.customers.create({"name": "found"})
    eventually(receiver.events)
    names = [event["data"]["object"]["name"] for event in receiver.events()]
    assert names == ["found"]
    assert len(client.v1.events.list({"type": "customer.created"}).data) == 2
    assert deliveries(standin)["dropped"] == 1


def test_a_later_event_overtakes_a_reordered_one(standin: server.ThreadedHandle, receiver: Receiver) -> None:
    fault(standin, "webhook.reorder", match="customer.created")
    client = sdk(standin.url)
    for name in ("first", "second"):
        client.v1.customers.create({"name": name})
    eventually(lambda: len(receiver.received) == 2)
    assert [event["data"]["object"]["name"] for event in receiver.events()] == ["second", "first"]


def test_a_delayed_event_comes_late(standin: server.ThreadedHandle, receiver: Receiver) -> None:
    fault(standin, "webhook.delay", seconds=1.5)
    began = time.time()
    sdk(standin.url).v1.customers.create({"name": "Jo"})
    eventually(lambda: receiver.received)
    assert time.time() - began > 0.5


def test_a_stale_event_shows_the_object_as_it_was(standin: server.ThreadedHandle, receiver: Receiver) -> None:
    fault(standin, "webhook.stale", match="checkout.session.completed")
    client = sdk(standin.url)
    session = opened(client)
    submit(session)
    event = eventually(lambda: receiver.events("checkout.session.completed"))[0]
    assert event["data"]["object"]["payment_status"] == "unpaid"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


@pytest.mark.parametrize("kind", ["webhook.bad_signature", "webhook.old_timestamp"])
def test_a_bad_signature_fails_and_the_next_attempt_is_good(
    standin: server.ThreadedHandle, receivers: Receivers, kind: str
) -> None:
    receiver = receivers()
    client = sdk(standin.url)
    made = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    receiver.answers = [400]
    fault(standin, kind)
    client.v1.customers.create({"name": "Jo"})
    eventually(lambda: len(receiver.received) == 2)
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(*receiver.received[0], str(made.secret))
    client.construct_event(*receiver.received[1], str(made.secret))


def test_a_person_can_send_an_event_again(standin: server.ThreadedHandle, receiver: Receiver) -> None:
    sdk(standin.url).v1.customers.create({"name": "Jo"})
    event = eventually(receiver.events)[0]
    assert web.post(f"{standin.url}/_sandbox/events/{event['id']}/resend").status_code == 303
    eventually(lambda: len(receiver.events()) == 2)


def test_while_a_secret_is_rolled_both_sign(standin: server.ThreadedHandle, receivers: Receivers) -> None:
    receiver = receivers()
    client = sdk(standin.url)
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    rolled = web.post(f"{standin.url}/_sandbox/webhook_endpoints/{endpoint.id}/roll", json={"hours": 1})
    client.v1.customers.create({})
    eventually(lambda: len(receiver.received) == 1)
    web.post(f"{standin.url}/_sandbox/clock", json={"hours": 2})
    client.v1.customers.create({})
    eventually(lambda: len(receiver.received) == 2)

    def believed(number: int, secret: str) -> bool:
        payload, signed = receiver.received[number]
        try:
            stripe.WebhookSignature.verify_header(payload.decode(), signed, secret, tolerance=300)  # type: ignore[no-untyped-call]
        except stripe.SignatureVerificationError:
            return False
        return True

    old, new = str(endpoint.secret), rolled.json()["secret"]
    assert [believed(number, secret) for number in (0, 1) for secret in (old, new)] == [True, True, False, True]


def test_an_endpoint_asks_for_events_that_stripe_has(standin: server.ThreadedHandle) -> None:
    asked: Any = {"url": "https://example.com", "enabled_events": ["customer.made"]}
    with pytest.raises(stripe.InvalidRequestError, match="no type of event"):
        sdk(standin.url).v1.webhook_endpoints.create(asked)


def test_events_are_listed_for_thirty_days_and_twenty_types_at_once(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    client.v1.customers.create({})
    assert len(client.v1.events.list().data) == 1
    with pytest.raises(stripe.InvalidRequestError, match="at most 20"):
        client.v1.events.list({"types": ["customer.created"] * 21})
    web.post(f"{standin.url}/_sandbox/clock", json={"days": 31})
    assert client.v1.events.list().data == []
