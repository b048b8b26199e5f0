"""The stand-in's clock: advanced through its control API, seen through the real SDK and by a webhook endpoint."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.stripe import server
from shared.env import SettingsError
from tests.support import web
from tests.support.stripe_client import API_KEY, WEBHOOK_SECRET, Receiver, eventually, sdk

DAY = 24 * 60 * 60
HERE = "https://example.com"


def advance(standin: server.ThreadedHandle, **time_s: float) -> int:
    told = web.post(f"{standin.url}/_sandbox/clock", json=time_s)
    assert told.status_code == 200, told.text
    return int(told.json()["now"])


def session(client: stripe.StripeClient, **changes: Any) -> stripe.checkout.Session:
    item: Any = {"price_data": {"currency": "usd", "unit_amount": 4900, "product_data": {"name": "x"}}, "quantity": 1}
    asked: Any = {"mode": "payment", "line_items": [item], "success_url": HERE, **changes}
    return client.v1.checkout.sessions.create(asked)


def test_what_falls_due_on_the_way_happens_in_its_order_with_its_own_stamp(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    now = int(time.time())
    late = session(client, expires_at=now + 20 * 60 * 60)
    early = session(client, expires_at=now + 2 * 60 * 60)
    after = advance(standin, days=3)
    events = client.v1.events.list({"type": "checkout.session.expired"}).data
    assert [(event.data.object["id"], event.created) for event in reversed(events)] == [
        (early.id, early.expires_at),
        (late.id, late.expires_at),
    ]
    assert after - now == pytest.approx(3 * DAY, abs=10)
    assert client.v1.customers.create({}).created >= after


def test_the_clock_stands_where_it_was_after_a_restart(tmp_path: Path) -> None:
    first = server.start(tmp_path, API_KEY)
    told = advance(first, days=400)
    first.stop()
    second = server.start(tmp_path, API_KEY)
    assert sdk(second.url).v1.customers.create({}).created >= told
    second.stop()


def test_a_webhook_that_fails_is_tried_again_on_the_way(tmp_path: Path, receivers: Callable[..., Receiver]) -> None:
    receiver = receivers()
    receiver.answers = [500, 500, 500]
    standin = server.start(
        tmp_path, API_KEY, webhook_url=receiver.url, webhook_secret=WEBHOOK_SECRET, retry_base_s=600.0
    )
    try:
        sdk(standin.url).v1.customers.create({})
        eventually(lambda: len(receiver.received) == 1)
        advance(standin, days=1)
        assert len(receiver.received) == 4
        payload, signed = receiver.received[-1]
        stripe.WebhookSignature.verify_header(payload.decode(), signed, WEBHOOK_SECRET, tolerance=300)  # type: ignore[no-untyped-call]
    finally:
        standin.stop()


@pytest.mark.parametrize("asked", [{"to": 1}, {"days": -1}, {"days": 100_000}, {"days": "soon"}, {"weeks": 1}])
def test_time_goes_forward_and_not_for_ever(standin: server.ThreadedHandle, asked: dict[str, Any]) -> None:
    refused = web.post(f"{standin.url}/_sandbox/clock", json=asked)
    assert (refused.status_code, "Give" in refused.text or "number" in refused.text) == (400, True)


def test_the_second_on_one_folder_says_so_and_ends(tmp_path: Path) -> None:
    first = server.start(tmp_path, API_KEY)
    with pytest.raises(SettingsError, match="Another stand-in runs"):
        server.start(tmp_path, API_KEY)
    first.stop()
    server.start(tmp_path, API_KEY).stop()


def test_an_intent_is_captured_a_little_later_and_charge_updated_brings_the_booking(tmp_path: Path) -> None:
    standin = server.start(tmp_path, API_KEY, capture_s=3600.0)
    try:
        client = sdk(standin.url)
        asked: Any = {"amount": 4900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        intent = client.v1.payment_intents.create({**asked, "payment_method_types": ["card"]})
        charge = client.v1.charges.retrieve(str(intent.latest_charge))
        assert (charge.status, charge.balance_transaction) == ("succeeded", None)
        advance(standin, hours=2)
        later = client.v1.charges.retrieve(charge.id, {"expand": ["balance_transaction"]})
        assert isinstance(later.balance_transaction, stripe.BalanceTransaction)
        assert later.balance_transaction.created == pytest.approx(charge.created + 3600, abs=2)
        updated = client.v1.events.list({"type": "charge.updated"}).data[0]
        assert updated.data.previous_attributes is not None
        assert updated.data.previous_attributes.to_dict() == {"balance_transaction": None}
    finally:
        standin.stop()


def test_money_in_another_currency_is_converted_and_the_balance_is_the_sum(tmp_path: Path) -> None:
    standin = server.start(tmp_path, API_KEY, settles=("usd",))
    try:
        client = sdk(standin.url)
        for amount, currency in ((4900, "usd"), (5000, "eur"), (7500, "jpy")):
            made: Any = {"amount": amount, "currency": currency, "source": "tok_visa"}
            client.v1.charges.create(made)
        booked = list(client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter())
        told = {one.source: (one.currency, one.exchange_rate, one.amount) for one in booked}
        assert sorted(told.values(), key=str) == [("usd", 0.0067, 5025), ("usd", 1.1, 5500), ("usd", None, 4900)]
        assert all(one.net == one.amount - one.fee for one in booked)
        balance = client.v1.balance.retrieve()
        assert [(part.currency, part.amount) for part in balance.available] == [("usd", 0)]
        assert sum(part.amount for part in balance.pending) == sum(one.net for one in booked)
        advance(standin, days=7)
        balance = client.v1.balance.retrieve()
        assert sum(part.amount for part in balance.available) == sum(one.net for one in booked)
        assert client.v1.accounts.retrieve_current().default_currency == "usd"
    finally:
        standin.stop()


def test_what_stripe_has_and_the_standin_has_not_is_told_apart(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    with pytest.raises(stripe.InvalidRequestError, match="does not implement the operation GET /v1/topups"):
        client.v1.topups.list()
    with pytest.raises(stripe.InvalidRequestError, match="does not implement the parameter"):
        client.v1.customers.create({"shipping": {"name": "x", "address": {"line1": "y"}}})
    strange: Any = {"nonsense": "x"}
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: nonsense"):
        client.v1.customers.create(strange)
