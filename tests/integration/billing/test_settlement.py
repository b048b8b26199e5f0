"""Settling: one effect, whoever comes first, and the books that follow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from services.billing.base_tables import audit_entries
from services.billing.checkout.confirm import confirm_payment
from services.billing.gateways.stripe.checkouts import CheckoutSession
from services.billing.ledger.tables import ledger_transactions
from services.billing.orders import store as orders
from services.billing.orders.errors import OrderBusy
from services.billing.orders.order import Order, OrderState
from services.billing.payments import store as charges
from services.billing.payments.mirror import mirror, mirror_charge
from services.billing.revenue.tables import consumptions
from services.billing.take_event import take_events
from shared import clock
from shared.inbox import UnknownEvent
from tests.support.billing import Shop, open_shop
from tests.support.stripe_client import eventually


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def returned(shop: Shop, order: Order, session_id: str | None = None) -> Any:
    where = {"order": order.order_id, "session_id": session_id or order.checkout_session_id}
    return shop.app.test_client().get("/checkout/return", query_string=where)


def consumed(shop: Shop, order_id: str | None, number: int = 1, *, ticket: str | None = None) -> bool:
    """Entitlements says that a credit was used."""
    body = {
        "entry_id": f"ent_{number}", "grant_id": "grt_1", "order_id": order_id, "account_id": "acc_1",
        "ticket_id": ticket or f"tkt_{number}", "consumed_at": clock.now().isoformat(),
    }  # fmt: skip
    event = {"id": f"evt_{number}", "type": "entitlements.credit.consumed.v1", "body": body}
    return bool(take_events(shop.context, [event]))


def test_the_return_page_settles_and_leads_to_the_ticket(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)

    answer = returned(shop, order)

    assert answer.status_code == 303
    assert answer.location == "http://127.0.0.1:1/tickets/tkt_1/return"
    assert shop.now(order).state is OrderState.SETTLED


def test_the_return_page_races_the_webhook_and_one_effect_stays(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)
    shop.webhook(shop.events("checkout.session.completed")[0])

    with ThreadPoolExecutor(12) as pool:
        pages = [pool.submit(returned, shop, order) for _ in range(6)]
        jobs = [pool.submit(shop.handle) for _ in range(6)]
        answers = [page.result() for page in pages]
        done = sum(job.result() for job in jobs)

    assert {answer.status_code for answer in answers} <= {200, 303}  # who found no seat is told to wait
    assert done == 1
    assert returned(shop, order).status_code == 303
    assert len(shop.purchases()) == 1
    assert shop.balances()["deferred_revenue"] == -4900
    of_order = sa.select(sa.func.count()).where(audit_entries.c.aggregate == "order")
    assert shop.scalar(of_order) == 1


def test_the_promise_begins_with_the_payment_at_stripe_and_the_credits_last_a_year(shop: Shop) -> None:
    order = shop.bought(product="incident_10")
    (purchase,) = shop.purchases()
    paid_at, expires_at = (datetime.fromisoformat(purchase[name]) for name in ("paid_at", "expires_at"))

    assert purchase["credits"] == 10
    assert paid_at == order.paid_at
    assert expires_at - paid_at == timedelta(days=365)


def test_a_customer_who_comes_back_unpaid_is_told_to_wait(shop: Shop) -> None:
    order = shop.order()
    answer = returned(shop, order)
    assert answer.status_code == 200
    assert "We are confirming your payment" in answer.text
    assert shop.now(order).state is OrderState.OPEN


def test_a_return_while_stripe_is_away_shows_no_failure(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)
    shop.fault("api.error_500", match="*", times=4)

    answer = returned(shop, order)

    assert answer.status_code == 200
    assert "nothing is lost" in answer.text


def test_another_orders_session_settles_nothing(shop: Shop) -> None:
    mine, other = shop.order("tkt_mine"), shop.order("tkt_other")
    shop.pay(other)
    shop.execute("UPDATE orders SET checkout_session_id = NULL WHERE ticket_id = 'tkt_mine'")

    assert returned(shop, mine, other.checkout_session_id).status_code == 404
    assert shop.now(mine).state is OrderState.OPEN


def test_an_order_that_somebody_works_on_for_too_long_is_busy_and_not_a_failure(shop: Shop) -> None:
    order = shop.order()
    with shop.context.db.transaction() as first:
        orders.lock(first, order.order_id)
        with shop.context.db.transaction() as second:
            second.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(OrderBusy):
                orders.lock(second, order.order_id)
            second.rollback()


def test_an_unknown_order_is_not_found(shop: Shop) -> None:
    for path in ("/checkout/return?order=ord_none", "/checkout/canceled?order=ord_none", "/checkout/return"):
        assert shop.app.test_client().get(path).status_code == 404


def test_who_cancels_is_told_that_nothing_was_charged(shop: Shop) -> None:
    order = shop.order(None)
    page = shop.app.test_client().get(f"/checkout/canceled?order={order.order_id}")
    assert "Nothing was charged" in page.text
    assert order.checkout_url is not None
    assert order.checkout_url in page.text


def test_who_cancels_for_a_ticket_is_asked_once_and_by_the_tickets_page(shop: Shop) -> None:
    order = shop.order()
    answer = shop.app.test_client().get(f"/checkout/canceled?order={order.order_id}")
    assert (answer.status_code, answer.location) == (303, "http://127.0.0.1:1/tickets/tkt_1/canceled")


def test_bought_without_a_ticket_the_page_says_what_was_bought_and_what_to_do_next(shop: Shop) -> None:
    order = shop.bought(None, product="incident_5")
    answer = returned(shop, order)
    assert answer.status_code == 200
    for words in ("Thank you. Your payment has arrived.", "5 incidents", "$225.00", order.order_id):
        assert words in answer.text
    assert 'href="http://127.0.0.1:1/ask"' in answer.text
    assert "Use an incident for this ticket" in answer.text


def test_the_queue_is_told_where_stripe_shows_the_receipt_and_nothing_before_it_is_paid(shop: Shop) -> None:
    order = shop.order()
    client = shop.integrator()
    path = f"/v1/orders/{order.order_id}/receipt"
    assert client.get(path).get_json() == {"receipt_url": None}
    shop.pay(order)
    shop.deliver()
    assert "/receipts/ch_" in client.get(path).get_json()["receipt_url"]
    assert client.get("/v1/orders/ord_none/receipt").status_code == 404


@pytest.mark.parametrize("change", ["amount_minor = 4800", "currency = 'eur'"])
def test_what_was_paid_and_not_ordered_is_parked_and_not_booked(shop: Shop, change: str) -> None:
    order = shop.order()
    shop.execute(f"UPDATE orders SET {change}")  # noqa: S608 - the test's own text
    shop.pay(order)

    shop.deliver()

    parked = shop.now(order)
    assert parked.state is OrderState.OPEN
    assert parked.parked is not None
    assert (parked.parked.parameters["paid_minor"], parked.parked.parameters["paid_currency"]) == (4900, "usd")
    assert shop.balances() == {"stripe_balance": -172, "stripe_fees": 172}  # Stripe's fee is a fact all the same
    assert shop.purchases() == []
    assert shop.waiting() == {"orders_to_decide": 1, "outbox": 1}
    assert "a person is checking it" in returned(shop, order).text


def test_a_fee_that_stripe_names_later_is_booked_when_it_comes(shop: Shop) -> None:
    shop.fault("charge.balance_transaction_later", seconds=600)
    order = shop.bought()
    assert order.state is OrderState.SETTLED
    assert shop.balances() == {"stripe_balance": 4900, "deferred_revenue": -4900}

    def asked() -> bool:
        shop.work_is_due()
        shop.ask_for_balances()
        return shop.balances().get("stripe_fees") == 172

    shop.time_passes()
    eventually(asked)
    assert shop.balances() == {"stripe_balance": 4728, "deferred_revenue": -4900, "stripe_fees": 172}
    asked()
    assert shop.balances()["stripe_fees"] == 172


def test_an_older_reading_of_a_charge_takes_nothing_away(shop: Shop) -> None:
    charge = shop.context.stripe.charges.read(shop.charge_of(shop.bought()))
    older = replace(charge, balance_transaction=None, refunded_minor=0)
    newer = replace(charge, refunded_minor=1500)
    with shop.context.db.transaction() as session:
        mirror(session, newer, now=clock.now())
        mirror(session, older, now=clock.now())
        kept = charges.find(session, charge.charge_id)
    assert kept == replace(newer, installation=None), "the mirror has ours only, and keeps no mark"
    assert shop.waiting().get("balances") is None


def test_stripes_word_of_a_balance_transaction_books_the_fee(shop: Shop) -> None:
    shop.fault("charge.balance_transaction_later", seconds=600)
    shop.bought()
    shop.time_passes()
    eventually(lambda: shop.events("charge.updated"))
    shop.deliver("charge.updated")

    assert shop.balances()["stripe_fees"] == 172


class NamesItMeanwhile:
    """Stripe, whose balance transaction is mirrored by somebody else while its older answer is on the way."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def read(self, session_id: str) -> CheckoutSession:
        stripe = self._shop.context.stripe
        older = stripe.checkouts.read(session_id)
        charge = older.charge
        assert charge is not None
        assert charge.balance_transaction is None
        self._shop.time_passes()
        eventually(lambda: stripe.charges.read(charge.charge_id).balance_transaction)
        mirror_charge(self._shop.context, charge.charge_id)
        return older


def test_a_balance_transaction_that_is_known_before_the_settlement_books_its_fee_with_it(shop: Shop) -> None:
    shop.fault("charge.balance_transaction_later", seconds=600)
    order = shop.order()
    shop.pay(order)

    stripe: Any = SimpleNamespace(checkouts=NamesItMeanwhile(shop))
    confirm_payment(replace(shop.context, stripe=stripe), order.order_id)

    assert shop.balances() == {"stripe_balance": 4728, "deferred_revenue": -4900, "stripe_fees": 172}


def test_an_answered_incident_earns_its_revenue(shop: Shop) -> None:
    order = shop.bought()

    assert consumed(shop, order.order_id) is True
    assert consumed(shop, order.order_id) is False

    assert shop.balances() == {"stripe_balance": 4728, "stripe_fees": 172, "revenue": -4900}


def test_a_pack_earns_a_share_with_each_answer_and_the_remainder_with_the_last(shop: Shop) -> None:
    order = shop.bought(product="incident_10")
    shop.execute("UPDATE orders SET credits = 9")  # 39,900 in nine shares
    earned = []
    for number in range(1, 10):
        consumed(shop, order.order_id, number)
        earned.append(-shop.balances()["revenue"])

    steps = [after - before for before, after in zip([0, *earned[:-1]], earned, strict=True)]
    assert steps == [4433] * 8 + [4436]
    assert "deferred_revenue" not in shop.balances()


def test_a_consumption_that_is_known_before_the_settlement_earns_when_it_settles(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)
    consumed(shop, order.order_id)
    assert shop.balances() == {}
    assert shop.waiting() == {"consumptions_unreleased": 1, "outbox": 1}

    shop.deliver()

    assert shop.balances()["revenue"] == -4900
    assert shop.waiting() == {"outbox": 2}


def test_a_credit_that_was_a_gift_earns_nothing(shop: Shop) -> None:
    assert consumed(shop, None) is True
    assert shop.balances() == {}
    assert shop.waiting() == {}


def test_parallel_consumptions_of_a_pack_earn_each_share_once(shop: Shop) -> None:
    order = shop.bought(product="incident_5")
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda number: consumed(shop, order.order_id, number), range(1, 6)))
    assert shop.balances()["revenue"] == -22500
    assert "deferred_revenue" not in shop.balances()


def test_more_credits_than_were_bought_never_earn(shop: Shop) -> None:
    order = shop.bought()
    consumed(shop, order.order_id, 1)
    consumed(shop, order.order_id, 2)
    assert shop.balances()["revenue"] == -4900
    assert shop.waiting() == {"outbox": 2, "consumptions_unreleased": 1}


def test_events_that_billing_does_not_take_are_refused(shop: Shop) -> None:
    with pytest.raises(UnknownEvent):
        take_events(shop.context, [{"id": "evt_x", "type": "queue.ticket.closed.v1", "body": {}}])
    body: dict[str, Any] = {"id": "evt_x", "type": "entitlements.credit.consumed.v1", "body": {"amount": 1}}
    with pytest.raises(UnknownEvent):
        take_events(shop.context, [body])


@pytest.mark.parametrize("table", ["ledger_transactions", "ledger_entries", "audit_entries"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_postgres_lets_nobody_rewrite_the_books_or_the_audit_trail(shop: Shop, table: str, change: str) -> None:
    shop.bought()
    column = {"ledger_transactions": "order_id", "ledger_entries": "currency", "audit_entries": "why"}[table]
    statement = sa.text(change.format(table, column, column))
    with pytest.raises(ProgrammingError, match="permission denied"), shop.context.db.transaction() as session:
        session.execute(statement)


def test_postgres_refuses_a_transaction_that_does_not_sum_to_zero(shop: Shop) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        post(shop, [("stripe_balance", 4900, "usd"), ("deferred_revenue", -4800, "usd")])


def test_postgres_refuses_a_balance_between_two_currencies(shop: Shop) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        post(shop, [("stripe_balance", 4900, "usd"), ("deferred_revenue", -4900, "eur")])


def test_postgres_refuses_a_transaction_without_lines(shop: Shop) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        post(shop, [])


def test_postgres_refuses_a_source_that_is_booked_already(shop: Shop) -> None:
    lines = [("stripe_balance", 4900, "usd"), ("deferred_revenue", -4900, "usd")]
    post(shop, lines)
    with pytest.raises(IntegrityError, match="one_per_source"):
        post(shop, lines, transaction_id="ltx_2")


def post(shop: Shop, lines: list[tuple[str, int, str]], transaction_id: str = "ltx_1") -> None:
    """Write ledger rows past the domain."""
    with shop.context.db.transaction() as session:
        session.execute(
            ledger_transactions.insert().values(
                transaction_id=transaction_id, source_kind="charge", source_id="ch_1", account_id="acc_1",
                order_id="ord_1", occurred_at=clock.now(), posted_at=clock.now(),
            )
        )  # fmt: skip
        for line, (account, amount, currency) in enumerate(lines, 1):
            session.execute(
                sa.text("INSERT INTO ledger_entries VALUES (:transaction_id, :line, :account, :amount, :currency)"),
                {
                    "transaction_id": transaction_id, "line": line, "account": account,
                    "amount": amount, "currency": currency,
                },
            )  # fmt: skip


def test_each_change_of_an_order_is_on_the_audit_trail(shop: Shop) -> None:
    order = shop.bought()
    with shop.context.db.transaction() as session:
        (entry,) = session.execute(sa.select(audit_entries).where(audit_entries.c.aggregate == "order")).all()
    assert (entry.aggregate_id, entry.number, entry.action) == (order.order_id, 1, "settled")
    assert entry.owner_key == order.account_id
    assert entry.after["charge_id"] == shop.charge_of(order)


def test_the_mark_that_a_credit_earned_says_which_of_the_order_it_was(shop: Shop) -> None:
    order = shop.bought(product="incident_5")
    consumed(shop, order.order_id, 7)
    consumed(shop, order.order_id, 3)
    with shop.context.db.transaction() as session:
        rows = session.execute(
            sa.select(consumptions.c.entry_id, consumptions.c.number).order_by(consumptions.c.number)
        )
        assert [tuple(row) for row in rows] == [("ent_7", 1), ("ent_3", 2)]
