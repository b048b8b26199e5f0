"""The webhook door and what happens behind it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.billing.gateways.stripe import events
from services.billing.orders.order import OrderState
from services.billing.stripe_inbox.handle import HANDLERS, handle_event
from services.billing.stripe_inbox.store import WORK
from services.billing.stripe_inbox.sweep_in import sweep_in_events
from services.billing.stripe_inbox.tables import webhook_events
from shared import clock
from shared.work.run import run_one
from tests.support.billing import Shop, open_shop, signed

OLD_SECRET = "whsec_the_secret_before_the_rotation"


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def completed(shop: Shop, **request: str) -> tuple[Any, dict[str, Any]]:
    """A paid order and the event that tells of it."""
    order = shop.order(**request)
    shop.pay(order)
    return order, shop.events("checkout.session.completed")[0]


def test_a_webhook_settles_the_order_and_tells_entitlements(shop: Shop) -> None:
    order, event = completed(shop)

    answer = shop.webhook(event)
    shop.handle()

    assert answer.status_code == 200
    settled = shop.now(order)
    assert settled.state is OrderState.SETTLED
    (purchase,) = shop.purchases()
    assert purchase["order_id"] == order.order_id
    assert purchase["ticket_id"] == "tkt_1"
    assert purchase["credits"] == 1
    assert purchase["contact_email"] == "jo@acme.test"
    assert settled.paid_at is not None
    assert shop.balances() == {"stripe_balance": 4728, "deferred_revenue": -4900, "stripe_fees": 172}


def test_twenty_parallel_deliveries_have_one_effect(shop: Shop) -> None:
    order, event = completed(shop)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: shop.webhook(event, client=shop.app.test_client()), range(20)))
        list(
            pool.map(
                lambda _: run_one(shop.context.db, WORK, event["id"], partial(handle_event, shop.context)), range(20)
            )
        )

    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json["new"] for answer in answers) == 1
    assert shop.now(order).state is OrderState.SETTLED
    assert len(shop.purchases()) == 1
    assert shop.balances() == {"stripe_balance": 4728, "deferred_revenue": -4900, "stripe_fees": 172}
    assert shop.waiting() == {"outbox": 2}
    assert shop.scalar(sa.select(webhook_events.c.attempts)) == 1


def test_different_events_of_one_payment_in_any_order_settle_it_once(shop: Shop) -> None:
    _, event = completed(shop)
    late = event | {"id": "evt_async", "type": "checkout.session.async_payment_succeeded"}
    for each in (late, *shop.events("charge.succeeded"), event):
        assert shop.webhook(each).status_code == 200

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: shop.handle(), range(4)))

    assert len(shop.purchases()) == 1
    assert shop.balances()["deferred_revenue"] == -4900


def forged(kind: str, body: bytes) -> str:
    now = clock.now().timestamp()
    return {
        "unsigned": "",
        "another secret": signed(body, secret="whsec_of_somebody_else"),
        "an empty secret": signed(body, secret=""),
        "six minutes old": signed(body, at=now - 360),
        "six minutes ahead": signed(body, at=now + 360),
        "another body": signed(body + b" "),
        "no timestamp": signed(body).partition(",")[2],
        "no signature": signed(body).partition(",")[0],
        "two timestamps": f"t={int(now)}," + signed(body),
        "nonsense": "v1=,t=now,,,=",
        "an old scheme": signed(body).replace("v1=", "v0="),
        "letters that are no hex": f"t={int(now)},v1=ü",
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "unsigned", "another secret", "an empty secret", "six minutes old", "six minutes ahead", "another body",
        "no timestamp", "no signature", "two timestamps", "nonsense", "an old scheme", "letters that are no hex",
    ],
)  # fmt: skip
def test_what_stripe_did_not_sign_now_is_refused_and_nothing_is_written(shop: Shop, kind: str) -> None:
    _, event = completed(shop)
    body = json.dumps(event).encode()

    headers = {"Stripe-Signature": forged(kind, body).encode("utf-8").decode("latin-1")}
    answer = shop.app.test_client().post("/webhooks/stripe", data=body, headers=headers)

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "webhook_not_authentic"
    assert shop.stored_events() == 0


@pytest.mark.parametrize("body", [b"not json", b"[]", b'"text"', b"{}", b'{"id": 1, "type": "x", "created": 1}'])
def test_a_signed_body_that_is_no_event_is_refused(shop: Shop, body: bytes) -> None:
    assert shop.webhook(body).status_code == 400
    assert shop.stored_events() == 0


def test_a_body_over_the_limit_is_refused(shop: Shop) -> None:
    answer = shop.webhook(b'{"id": "' + b"x" * 1_000_001 + b'"}')
    assert answer.status_code == 413
    assert shop.stored_events() == 0


def test_while_a_secret_is_replaced_the_old_and_the_new_are_both_good(tmp_path: Path, databases: Any) -> None:
    both = f"{OLD_SECRET},whsec_test_secret_of_the_standin"
    with open_shop(tmp_path, databases, STRIPE_WEBHOOK_SECRETS=both) as shop:
        _, event = completed(shop)
        assert shop.webhook(event, secret=OLD_SECRET).json["new"] is True
        assert shop.webhook(event).json["new"] is False


def test_a_webhook_repeated_after_days_changes_nothing(shop: Shop) -> None:
    _, event = completed(shop)
    shop.webhook(event)
    shop.handle()
    before = shop.balances()

    assert shop.webhook(event).status_code == 200
    assert shop.handle() == 0
    assert shop.balances() == before


def test_an_event_that_never_arrived_is_swept_in(shop: Shop) -> None:
    order, _ = completed(shop)

    assert sweep_in_events(shop.context) > 0
    assert sweep_in_events(shop.context) == 0
    shop.handle()

    assert shop.now(order).state is OrderState.SETTLED
    assert shop.scalar(sa.select(webhook_events.c.source).distinct()) == "swept_in"
    assert shop.waiting() == {"outbox": 2}


def test_a_sweep_begins_where_the_last_one_ended(shop: Shop) -> None:
    completed(shop)
    sweep_in_events(shop.context)
    shop.execute("DELETE FROM webhook_events")
    shop.execute("UPDATE sweep_positions SET reached_at = now() + interval '1 hour'")

    assert sweep_in_events(shop.context) == 0


def test_a_sweep_that_ends_early_is_continued_where_it_stopped(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        shop.pay(shop.order(f"tkt_{number}"))
    listed = len([event for kind in HANDLERS for event in shop.events(kind)])
    assert listed == 12
    monkeypatch.setattr(events, "PAGE", 5)

    steps = [sweep_in_events(shop.context, lasts_s=0) for _ in range(3)]

    assert steps == [5, 5, 2], "no page was read twice"
    assert shop.scalar(sa.text("SELECT pass_last_id FROM sweep_positions")) is None
    assert sweep_in_events(shop.context) == 0


def test_what_happens_during_a_pass_is_found_by_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        shop.pay(shop.order(f"tkt_{number}"))
    monkeypatch.setattr(events, "PAGE", 4)
    sweep_in_events(shop.context, lasts_s=0)
    late = shop.order("tkt_late")
    shop.pay(late)

    assert sweep_in_events(shop.context, lasts_s=0) == 2
    assert sweep_in_events(shop.context) == 3

    shop.handle()
    assert shop.now(late).state is OrderState.SETTLED


def test_a_sweep_whose_place_stripe_has_forgotten_begins_anew(shop: Shop) -> None:
    completed(shop)
    shop.execute(
        "INSERT INTO sweep_positions VALUES ('stripe_events', now() - interval '1 day', now(), 'evt_long_ago')"
    )
    assert sweep_in_events(shop.context) == 3
    assert sweep_in_events(shop.context) == 0


def test_two_sweeps_at_once_keep_each_event_once(shop: Shop) -> None:
    completed(shop)
    with ThreadPoolExecutor(2) as pool:
        new = list(pool.map(lambda _: sweep_in_events(shop.context), range(2)))
    assert sum(new) == shop.stored_events()


def test_events_that_need_nothing_are_kept_and_done(shop: Shop) -> None:
    assert shop.webhook(shop.events("price.created")[0]).json["new"] is True
    assert shop.waiting() == {}
    assert shop.handle() == 0
    assert shop.stored_events() == 1


def test_a_payload_that_lies_is_not_believed(shop: Shop) -> None:
    order = shop.order()
    session = {"id": order.checkout_session_id, "payment_status": "paid", "amount_total": 4900}
    shop.webhook({"id": "evt_lie", "type": "checkout.session.completed", "created": 1, "data": {"object": session}})

    assert shop.handle() == 1
    assert shop.now(order).state is OrderState.OPEN
    assert shop.purchases() == []
