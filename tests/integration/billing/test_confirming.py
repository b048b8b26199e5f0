"""Confirming a payment: Stripe is asked while nothing is held, and an older answer never undoes a newer one."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from services.billing.base_tables import audit_entries
from services.billing.checkout import receive
from services.billing.checkout.ask import ask_for_outcome
from services.billing.checkout.confirm import READINGS, confirm_payment
from services.billing.context import Context
from services.billing.gateways.stripe.checkouts import CheckoutSession
from services.billing.gateways.stripe.errors import StripeUnavailable
from services.billing.orders.errors import OrderBusy
from services.billing.orders.order import Order, OrderState
from services.billing.orders.store import WORK
from shared.deadlines import deadline
from shared.work.run import run_one
from tests.support.billing import Shop, open_shop
from tests.support.calls_outside import calls_outside_transactions
from tests.support.statements import counted

READ = "GET /v1/checkout/sessions/*"
WEB_THREADS = 8
"""As many as a web process has, where nobody says otherwise."""


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def paid(shop: Shop, ticket: str = "tkt_1") -> Order:
    order = shop.order(ticket)
    assert shop.pay(order).status_code == 303
    return order


class Answers:
    """Stripe, whose answer is made first, and comes in after something else has happened."""

    def __init__(self, shop: Shop, meanwhile: Callable[[], None], **older: Any) -> None:
        self._shop, self._meanwhile, self._older = shop, meanwhile, older
        self.readings = 0

    def read(self, session_id: str) -> CheckoutSession:
        self.readings += 1
        said = replace(self._shop.context.stripe.checkouts.read(session_id), **self._older)
        self._meanwhile()
        return said

    def context(self) -> Context:
        """What is confirmed with."""
        stripe: Any = SimpleNamespace(checkouts=self)
        return replace(self._shop.context, stripe=stripe)


def entries(shop: Shop) -> list[str]:
    query = sa.select(audit_entries.c.action).where(audit_entries.c.aggregate == "order")
    with shop.context.db.transaction() as session:
        return list(session.execute(query.order_by(audit_entries.c.number)).scalars())


# ---- one effect


def test_twenty_who_confirm_at_once_with_a_slow_stripe_settle_once(shop: Shop) -> None:
    order = paid(shop)
    shop.fault("api.slow", match=READ, times=None, seconds=0.3)

    with ThreadPoolExecutor(20) as pool:
        confirmed = list(pool.map(lambda _: confirm_payment(shop.context, order.order_id), range(20)))

    assert {one.state for one in confirmed} == {OrderState.SETTLED}
    assert len(shop.purchases()) == 1
    assert entries(shop) == ["settled"]
    assert shop.balances() == {"stripe_balance": 4728, "deferred_revenue": -4900, "stripe_fees": 172}


def test_a_webhook_that_overtakes_a_slow_reader_settles_and_the_reader_finds_it_done(shop: Shop) -> None:
    order = paid(shop)
    shop.fault("api.slow", match=READ, times=1, seconds=1.0)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(confirm_payment, shop.context, order.order_id)
        time.sleep(0.2)
        shop.deliver()
        assert shop.now(order).state is OrderState.SETTLED, "nobody holds the order while Stripe is slow"
        assert not slow.done()
        assert slow.result().state is OrderState.SETTLED
    assert entries(shop) == ["settled"]


@pytest.mark.parametrize(
    "older",
    [{}, {"paid": False, "expired": True, "charge": None}, {"paid": False, "expired": False, "charge": None}],
    ids=["the same", "expired", "still open"],
)
def test_an_older_answer_never_undoes_what_a_newer_one_brought(shop: Shop, older: dict[str, Any]) -> None:
    order = paid(shop)
    answers = Answers(shop, shop.deliver, **older)

    assert confirm_payment(answers.context(), order.order_id).state is OrderState.SETTLED

    assert shop.now(order).state is OrderState.SETTLED
    assert entries(shop) == ["settled"]
    assert answers.readings == 1


def test_where_the_order_has_moved_stripe_is_read_again(shop: Shop) -> None:
    order = paid(shop)
    moves = iter(["UPDATE orders SET version = version + 1"])
    answers = Answers(shop, lambda: shop.execute(next(moves, "SELECT 1")))

    assert confirm_payment(answers.context(), order.order_id).state is OrderState.SETTLED
    assert answers.readings == 2


def test_an_order_that_moves_all_the_time_is_left_for_later(shop: Shop) -> None:
    order = paid(shop)
    answers = Answers(shop, lambda: shop.execute("UPDATE orders SET version = version + 1"))

    with pytest.raises(OrderBusy):
        confirm_payment(answers.context(), order.order_id)
    assert answers.readings == READINGS
    assert shop.balances() == {}


def test_settling_costs_no_statement_too_many(shop: Shop) -> None:
    order = paid(shop)
    with counted(shop.context.db) as said:
        confirm_payment(shop.context, order.order_id)
    assert len(said) == 11, said


# ---- the guard of all tests with a shop


def test_whoever_calls_stripe_inside_a_transaction_is_caught(shop: Shop) -> None:
    def call_and_swallow() -> None:
        with shop.context.db.transaction(), suppress(AssertionError):  # as a job would
            shop.context.stripe.charges.read("ch_1")

    with pytest.raises(AssertionError, match="charges/ch_1"), calls_outside_transactions():
        call_and_swallow()


# ---- the page that the customer comes back to


def back(shop: Shop, order: Order) -> Any:
    where = {"order": order.order_id, "session_id": order.checkout_session_id}
    return shop.app.test_client().get("/checkout/return", query_string=where)


def state(shop: Shop, order: Order) -> Any:
    return shop.app.test_client().get("/checkout/return/state", query_string={"order": order.order_id})


def test_a_deadline_cuts_short_how_long_stripe_is_waited_for(shop: Shop) -> None:
    order = paid(shop)
    shop.fault("api.slow", match=READ, times=None, seconds=3)
    began = time.monotonic()
    with deadline(0.5), pytest.raises(StripeUnavailable) as silence:
        shop.context.stripe.checkouts.read(order.checkout_session_id or "")
    assert time.monotonic() - began < 1.5
    assert silence.value.answered is False


def test_the_page_does_not_wait_for_a_slow_stripe_and_a_job_settles(shop: Shop) -> None:
    order = paid(shop)
    woken: list[tuple[str, ...]] = []
    shop.context.db.enqueue = lambda *job: woken.append(job)
    shop.fault("api.slow", match=READ, times=1, seconds=3)

    began = time.monotonic()
    answer = back(shop, order)
    assert time.monotonic() - began < 2
    assert answer.status_code == 200
    assert "We are confirming your payment." in answer.text
    assert f'data-live-url="/checkout/return/state?order={order.order_id}"' in answer.text
    assert woken == [("ask_order", order.order_id)]
    assert "X-Live-Stop" not in state(shop, order).headers

    shop.context.db.enqueue = None
    assert run_one(shop.context.db, WORK, order.order_id, lambda item: ask_for_outcome(shop.context, item))
    told = state(shop, order)
    assert "Thank you. Your payment has arrived." in told.text
    assert 'href="http://127.0.0.1:1/tickets/tkt_1/return"' in told.text
    assert told.headers["X-Live-Stop"] == "1"
    assert back(shop, order).status_code == 303


def test_the_page_that_waits_asks_nobody(shop: Shop) -> None:
    order = paid(shop)
    shop.fault("api.error_500", match=READ, times=1)
    for _ in range(3):
        assert "We are confirming your payment" in state(shop, order).text
    (fault,) = shop.http.get("/_sandbox/faults").json()["faults"]
    assert fault["times"] == 1


def test_whoever_looks_again_and_again_does_not_hurry_what_is_in_trouble(shop: Shop) -> None:
    order = paid(shop)
    shop.fault("api.error_500", match="*", times=None)
    back(shop, order)
    assert shop.ask() == 0
    due = sa.text("SELECT due_at FROM orders")
    put_off = shop.scalar(due)
    back(shop, order)
    assert shop.scalar(due) == put_off


def test_twelve_who_come_back_to_a_slow_stripe_do_not_hold_up_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "WITHIN_S", 5.0)  # long enough to be told from a busy machine
    orders = [paid(shop, f"tkt_{number}") for number in range(12)]
    shop.fault("api.slow", match=READ, times=None, seconds=6)
    shop.app.test_client().get("/livez")

    with ThreadPoolExecutor(WEB_THREADS) as threads:  # first come, first served, as in the web process
        pages = [threads.submit(back, shop, order) for order in orders]
        began = time.monotonic()
        alive = threads.submit(lambda: (shop.app.test_client().get("/livez").status_code, time.monotonic()))
        status, answered = alive.result()
        answers = [page.result() for page in pages]

    assert status == 200
    assert answered - began < 2, "/livez waited for Stripe"
    assert {answer.status_code for answer in answers} == {200}
    assert all("We are confirming your payment" in answer.text for answer in answers)


def test_only_a_few_pages_wait_for_stripe_at_a_time_and_their_seats_come_back(shop: Shop) -> None:
    order = paid(shop)
    taken = [receive._seats.acquire(blocking=False) for _ in range(receive.AT_ONCE)]
    assert all(taken)
    try:
        assert "We are confirming your payment" in back(shop, order).text
    finally:
        for _ in taken:
            receive._seats.release()
    assert back(shop, order).status_code == 303
