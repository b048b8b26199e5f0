"""Pending work of billing: one item's trouble stays its own, whatever kind of work it is, and ends with a person."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.billing.gateways.stripe import client
from services.billing.gateways.stripe.charges import Charges
from services.billing.gateways.stripe.errors import StripeOutcomeUnknown
from services.billing.orders.order import Order, OrderState
from services.billing.orders.store import WORK as ORDERS
from services.billing.payments.store import WORK as BALANCES
from services.billing.pending import KINDS
from services.billing.stripe_inbox.store import WORK as EVENTS
from services.billing.stripe_inbox.tables import webhook_events
from shared.work.command import run_command
from shared.work.kind import DEATH, ENDED_WITHOUT_A_WORD, PARK_AT, WorkKind
from shared.work.run import UNANSWERED_UNTIL_LEFT
from tests.support.billing import Shop, open_shop
from tests.support.declared import ROOT

RUNS = 3
"""How many tries the item in trouble has left: that all are counted is shown where the counting is (test_work.py)."""
TROUBLES = ("poisonous", "hung", "refused", "500")


@pytest.fixture
def shop(tmp_path: Path, databases: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(client, "READ_TIMEOUT_S", 1.0)  # what hangs is given up sooner than in earnest
    with open_shop(tmp_path, databases) as opened:
        yield opened


class Work:
    """One kind of work with an item in trouble, and others beside it."""

    def __init__(self, shop: Shop, kind: WorkKind, run: Callable[[], int], *, table: str) -> None:
        self.shop, self.kind, self.run, self.table = shop, kind, run, table

    def first_in_line(self, key: str) -> None:
        """The item in trouble is the one that waits longest."""
        self.shop.work_is_due()
        statement = f"UPDATE {self.table} SET due_at = now() - interval '1 hour' WHERE {self.kind._key.name} = '{key}'"  # noqa: S608
        self.shop.execute(statement)

    def released(self, key: str) -> None:
        """An operator tries it again, by the command."""
        run_command(self.shop.context.db, KINDS, ["release", self.kind.name, key])


def paid(shop: Shop, ticket: str) -> Order:
    order = shop.order(ticket)
    assert shop.pay(order).status_code == 303
    return order


def hurt(shop: Shop, trouble: str, path: str) -> None:
    """Stripe is in trouble about one object, over HTTP."""
    if trouble == "hung":
        shop.fault("api.slow", match=f"GET {path}", times=None, seconds=2.0)
    elif trouble == "500":
        shop.fault("api.error_500", match=f"GET {path}", times=None)


def healed(shop: Shop) -> None:
    shop.http.delete("/_sandbox/faults").raise_for_status()


def parked_after(work: Work, key: str, good: Callable[[int], None]) -> int:
    """Run again and again with the item first in line; each time somebody else is served in the same run."""
    failures = f"UPDATE {work.table} SET failures = {PARK_AT - RUNS} WHERE {work.kind._key.name} = '{key}'"  # noqa: S608
    work.shop.execute(failures)
    for run in range(RUNS + 1):
        if key in work.shop.parked():
            return run
        work.first_in_line(key)
        work.run()
        good(run)
    raise AssertionError(f"{key} was never parked")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_order_in_trouble_starves_no_other_and_is_parked_and_released(shop: Shop, trouble: str) -> None:
    work = Work(shop, ORDERS, shop.ask, table="orders")
    bad = paid(shop, "tkt_bad")
    hurt(shop, trouble, f"/v1/checkout/sessions/{bad.checkout_session_id}")
    if trouble == "refused":
        shop.execute("UPDATE orders SET checkout_session_id = 'cs_gone'")
    if trouble == "poisonous":
        shop.execute("UPDATE orders SET state = 'nobody knows it'")
    goods: list[Order] = [paid(shop, "tkt_0")]

    def good(run: int) -> None:
        assert shop.now(goods[-1]).state is OrderState.SETTLED
        goods.append(paid(shop, f"tkt_{run + 1}"))

    assert parked_after(work, bad.order_id, good) == RUNS
    assert "order_outcomes_parked" in shop.waiting()

    healed(shop)
    session_id = bad.checkout_session_id
    shop.execute(
        f"UPDATE orders SET checkout_session_id = '{session_id}', state = 'open' WHERE order_id = '{bad.order_id}'"  # noqa: S608
    )
    work.released(bad.order_id)
    assert shop.ask() == 1
    assert shop.now(bad).state is OrderState.SETTLED


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_event_in_trouble_starves_no_other_and_is_parked_and_released(shop: Shop, trouble: str) -> None:
    work = Work(shop, EVENTS, shop.handle, table="webhook_events")
    bad = paid(shop, "tkt_bad")
    (event,) = shop.events("checkout.session.completed")
    hurt(shop, trouble, f"/v1/checkout/sessions/{bad.checkout_session_id}")
    told: dict[str, Any] = {"poisonous": {"object": {}}, "refused": {"object": {"id": "cs_gone"}}}
    shop.webhook(event | {"id": "evt_bad", "data": told.get(trouble, event["data"])})
    goods: list[Order] = []

    def another(ticket: str) -> None:
        goods.append(paid(shop, ticket))
        shop.webhook(shop.events("checkout.session.completed")[0])

    def good(run: int) -> None:
        assert shop.now(goods[-1]).state is OrderState.SETTLED
        another(f"tkt_{run + 1}")

    another("tkt_0")
    assert parked_after(work, "evt_bad", good) == RUNS
    assert shop.waiting()["webhook_events_parked"] == 1

    healed(shop)
    mended = sa.update(webhook_events).where(webhook_events.c.event_id == "evt_bad")
    with shop.context.db.transaction() as session:
        session.execute(mended.values(body=json.dumps(event).encode()))
    work.released("evt_bad")
    shop.handle()
    assert shop.now(bad).state is OrderState.SETTLED
    assert shop.parked() == {}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_charge_in_trouble_starves_no_other_and_is_parked_and_released(
    shop: Shop, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(shop, BALANCES, shop.ask_for_balances, table="charges")
    shop.fault("charge.balance_transaction_later", times=None, seconds=600)
    bad = shop.charge_of(shop.bought("tkt_bad"))
    shop.bought("tkt_good")
    shop.http.delete("/_sandbox/faults")
    key = bad
    if trouble == "refused":
        key = "ch_gone"
        shop.execute(f"UPDATE charges SET charge_id = '{key}' WHERE charge_id = '{bad}'")  # noqa: S608
    if trouble == "poisonous":
        read = Charges.read

        def poisoned(self: Charges, charge_id: str) -> Any:
            return {}["what nobody thought of"] if charge_id == bad else read(self, charge_id)

        monkeypatch.setattr(Charges, "read", poisoned)
    hurt(shop, trouble, f"/v1/charges/{bad}")
    looked: list[int] = []

    def good(_run: int) -> None:
        looked.append(shop.scalar(sa.text("SELECT max(attempts) FROM charges WHERE last_error IS NULL")))

    assert parked_after(work, key, good) == RUNS
    assert looked == list(range(1, RUNS + 1)), "the other charge was asked for in each run"
    assert shop.waiting()["balances_parked"] == 1

    healed(shop)
    monkeypatch.undo()
    shop.execute(f"UPDATE charges SET charge_id = '{bad}' WHERE charge_id = '{key}'")  # noqa: S608
    work.released(bad)
    assert shop.ask_for_balances() >= 1
    assert shop.parked() == {}


def test_orders_whose_outcome_stays_unknown_hold_up_nobody(shop: Shop) -> None:
    """Stripe has their keys from other requests: it says so each time, for a day."""
    for number in range(UNANSWERED_UNTIL_LEFT):
        shop.fault("api.lost_reply", match="POST /v1/checkout/sessions", times=2, seconds=0.05)
        with pytest.raises(StripeOutcomeUnknown):
            shop.order(f"tkt_unknown_{number}")
    shop.execute("UPDATE orders SET contact_email = 'changed@acme.test'")
    others = [paid(shop, f"tkt_{number}") for number in range(3)]
    shop.work_is_due()
    shop.execute("UPDATE orders SET due_at = now() - interval '1 hour' WHERE state = 'draft'")

    assert shop.ask() == 3

    assert {shop.now(order).state for order in others} == {OrderState.SETTLED}


def test_while_stripe_is_away_nothing_is_parked_and_few_are_asked_for(shop: Shop) -> None:
    orders = [paid(shop, f"tkt_{number}") for number in range(UNANSWERED_UNTIL_LEFT + 2)]
    for event in shop.events("checkout.session.completed"):
        shop.webhook(event)
    shop.fault("api.slow", match="*", times=None, seconds=2.0)
    for _ in range(2):
        shop.work_is_due()
        assert shop.handle() == 0
    assert shop.parked() == {}
    assert shop.scalar(sa.select(sa.func.sum(webhook_events.c.attempts))) == 2 * UNANSWERED_UNTIL_LEFT
    assert shop.waiting()["webhook_events"] == len(orders)

    healed(shop)
    shop.work_is_due()
    shop.handle()
    assert {shop.now(order).state for order in orders} == {OrderState.SETTLED}


KILLED = """
import os, sys
from functools import partial
from services.billing.app import build_context
from services.billing.config import Settings
from services.billing.stripe_inbox import handle
from services.billing.stripe_inbox.store import WORK
from shared.work.run import run_due
context = build_context(Settings.read(), pooled=False)
context.db.enqueue = None
def do(item):
    if item.key == "evt_bad":
        os._exit(9)
    handle.handle_event(context, item)
run_due(context.db, WORK, do)
"""


def test_an_event_that_kills_its_worker_is_parked_before_it_takes_a_fourth_one_along(shop: Shop) -> None:
    order = paid(shop, "tkt_1")
    (event,) = shop.events("checkout.session.completed")
    shop.webhook(event | {"id": "evt_bad"})
    shop.webhook(event)
    shop.execute("UPDATE webhook_events SET due_at = now() - interval '1 hour' WHERE event_id = 'evt_bad'")
    died = 0
    for _ in range(5):
        shop.work_is_due()
        run = subprocess.run(
            [sys.executable, "-c", KILLED], cwd=ROOT, env=os.environ | shop.variables, capture_output=True, check=False
        )
        died += run.returncode == 9
    assert died == PARK_AT // DEATH
    assert shop.parked() == {"evt_bad": ENDED_WITHOUT_A_WORD}
    assert shop.now(order).state is OrderState.SETTLED


def test_a_worker_that_died_with_an_event_leaves_it_to_the_next_sweep(shop: Shop) -> None:
    order = paid(shop, "tkt_1")
    shop.webhook(shop.events("checkout.session.completed")[0])
    with shop.context.db.transaction() as session:
        assert EVENTS.claim(session) is not None
    assert shop.handle() == 0

    shop.work_is_due()
    assert shop.handle() == 1
    assert shop.now(order).state is OrderState.SETTLED


def test_an_order_that_can_still_be_paid_is_not_counted_as_late_and_is_not_asked_for_all_the_time(shop: Shop) -> None:
    shop.order("tkt_1")
    assert "order_outcomes" not in shop.waiting()
    shop.work_is_due()
    assert shop.waiting()["order_outcomes"] == 1

    assert shop.ask() == 1
    assert "order_outcomes" not in shop.waiting()
    due_in = shop.scalar(sa.text("SELECT due_at - now() FROM orders"))
    assert timedelta(minutes=9) < due_in < timedelta(minutes=11)


def test_an_operator_sees_billings_work_on_its_page_and_releases_it(shop: Shop) -> None:
    paid(shop, "tkt_1")
    shop.webhook(shop.events("checkout.session.completed")[0] | {"id": "evt_bad", "data": {"object": {}}})
    shop.execute("UPDATE webhook_events SET failures = 11")
    shop.handle()

    page = shop.staff("operator").get("/operator/work").text

    assert "1 item waits for you" in page
    assert "KeyError" in page
    for kind in KINDS:
        assert kind.title in page
