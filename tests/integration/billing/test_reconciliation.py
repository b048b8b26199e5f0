"""The reconciliation of a day: every charge matched with its order, its balance transaction and its fee, or named."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.billing.ledger.book_day import BookDay
from services.billing.payments.tables import balance_transactions, charges
from services.billing.reconciliation import reconcile
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.begin import begin_run
from services.billing.reconciliation.errors import DayNotBegun
from services.billing.reconciliation.reconciliation import ExceptionType, Mismatch, Reconciliation, RunState
from services.billing.reconciliation.tables import reconciliation_exceptions
from shared import clock
from shared.money import Money
from tests.support.billing import Shop, open_shop
from tests.support.stripe_client import eventually


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def today() -> date:
    return clock.now().date()


def run(shop: Shop, day: date | None = None) -> Reconciliation:
    return shop.reconcile(day)


def compared(shop: Shop) -> Reconciliation:
    """A run over today that reads nothing of Stripe: what stands in the mirror is what counts."""
    with shop.context.db.transaction() as session:
        begun = reconciliations.open_run(session, _book_day(), run_by="Finn Walsh", now=clock.now())
        reconciliations.has_read(session, begun.reconciliation_id, count=0, to=None, now=clock.now())
    shop.bring_forward()
    with shop.context.db.transaction() as session:
        result = reconciliations.find(session, begun.reconciliation_id)
    assert result is not None
    return result


def found(shop: Shop, reconciliation: Reconciliation) -> list[Mismatch]:
    with shop.context.db.transaction() as session:
        return list(reconciliations.exceptions_of(session, reconciliation, limit=100))


def only(shop: Shop, reconciliation: Reconciliation) -> Mismatch:
    (mismatch,) = found(shop, reconciliation)
    return mismatch


def test_a_day_of_paid_orders_is_clean_to_the_cent(shop: Shop) -> None:
    paid = [shop.bought(f"tkt_{currency}", currency=currency) for currency in ("usd", "eur", "jpy")]

    result = run(shop)

    assert result.clean
    assert {total.currency: (total.matched, total.matched_minor) for total in result.totals} == {
        "usd": (1, 4900), "eur": (1, 4900), "jpy": (1, 7500),
    }  # fmt: skip
    assert found(shop, result) == []
    with shop.context.db.transaction() as session:
        matched = reconciliations.matched(session, _book_day(), limit=10)
    matched_with = {(line.charge_id, line.order_id) for line in matched}
    assert matched_with == {(shop.charge_of(order), order.order_id) for order in paid}
    assert all(line.balance_transaction_id and line.fee_minor > 0 for line in matched)


def _book_day() -> BookDay:
    return BookDay(day=today(), zone="UTC")


def test_a_day_without_payments_is_clean_and_empty(shop: Shop) -> None:
    result = run(shop, today() - timedelta(days=3))
    assert result.clean
    assert result.totals == ()


def test_a_charge_made_behind_our_back_is_missing_in_the_books(shop: Shop) -> None:
    order = shop.bought()
    charge_id = shop.charge_behind_our_back(1200, "usd")

    result = run(shop)

    assert not result.clean
    assert result.matched == 1
    mismatch = only(shop, result)
    assert mismatch.type is ExceptionType.MISSING_IN_BOOKS
    assert mismatch.charge_id == charge_id != shop.charge_of(order)
    assert (mismatch.ours, mismatch.stripe) == (None, Money(1200, "usd"))


def test_a_payment_that_stripe_does_not_have_is_missing_there(shop: Shop) -> None:
    order = shop.bought()
    shop.execute("DELETE FROM charges")
    shop.execute("UPDATE order_payments SET charge_id = 'ch_gone'")

    mismatches = {mismatch.type: mismatch for mismatch in found(shop, run(shop))}

    gone = mismatches[ExceptionType.MISSING_IN_STRIPE]
    assert (gone.charge_id, gone.order_id, gone.ours, gone.stripe) == ("ch_gone", order.order_id, order.price, None)
    assert ExceptionType.DUPLICATE_CHARGE in mismatches  # the charge names an order that another charge has paid


def test_a_parked_payment_shows_both_amounts(shop: Shop) -> None:
    order = shop.order()
    shop.execute("UPDATE orders SET amount_minor = 4800")
    shop.pay(order)
    shop.deliver()

    mismatch = only(shop, run(shop))

    assert mismatch.type is ExceptionType.AMOUNT_MISMATCH
    assert (mismatch.ours, mismatch.stripe) == (Money(4800, "usd"), Money(4900, "usd"))
    assert mismatch.order_id == order.order_id


def test_a_parked_payment_in_another_currency_says_so(shop: Shop) -> None:
    order = shop.order()
    shop.execute("UPDATE orders SET currency = 'eur'")
    shop.pay(order)
    shop.deliver()
    assert only(shop, run(shop)).type is ExceptionType.CURRENCY_MISMATCH


def test_a_second_charge_for_a_paid_order_is_a_duplicate(shop: Shop) -> None:
    order = shop.bought()
    intent = shop.http.post(
        "/v1/payment_intents",
        data={
            "amount": "4900", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa",
            "metadata[order_id]": order.order_id, "automatic_payment_methods[enabled]": "true",
            "automatic_payment_methods[allow_redirects]": "never",
        },
    )  # fmt: skip
    assert intent.ok, intent.text

    mismatch = only(shop, run(shop))

    assert mismatch.type is ExceptionType.DUPLICATE_CHARGE
    assert mismatch.charge_id == intent.json()["latest_charge"]
    assert mismatch.order_id == order.order_id


def test_a_balance_transaction_that_is_not_there_yet_is_named_and_resolved_when_it_came(shop: Shop) -> None:
    shop.fault("charge.balance_transaction_later", seconds=600)
    shop.bought()
    first = run(shop)
    assert only(shop, first).type is ExceptionType.BALANCE_TRANSACTION_MISSING

    def came() -> bool:
        shop.work_is_due()
        shop.ask_for_balances()
        return bool(shop.balances().get("stripe_fees"))

    shop.time_passes()
    eventually(came)
    second = run(shop)

    assert second.clean
    assert second.reconciliation_id != first.reconciliation_id
    assert only(shop, first).resolved_at is not None
    assert found(shop, second) == []


def test_the_reconciliation_itself_brings_a_late_balance_transaction(shop: Shop) -> None:
    shop.fault("charge.balance_transaction_later", seconds=600)
    shop.bought()
    shop.time_passes()
    eventually(lambda: run(shop).clean)
    assert shop.balances()["stripe_fees"] == 172


def test_a_fee_that_was_never_booked_is_named(shop: Shop) -> None:
    shop.bought()
    with shop.context.db.transaction() as session:
        session.execute(balance_transactions.update().values(balance_transaction_id="txn_other"))
        session.execute(charges.update().values(balance_transaction_id="txn_other"))
    mismatch = only(shop, compared(shop))
    assert mismatch.type is ExceptionType.FEE_MISSING
    assert (mismatch.ours, mismatch.stripe) == (None, Money(172, "usd"))


def test_a_balance_transaction_of_another_amount_is_named(shop: Shop) -> None:
    shop.bought()
    with shop.context.db.transaction() as session:
        session.execute(balance_transactions.update().values(gross_minor=4700))
    mismatch = only(shop, compared(shop))
    assert mismatch.type is ExceptionType.BALANCE_AMOUNT_MISMATCH
    assert (mismatch.ours, mismatch.stripe) == (Money(4900, "usd"), Money(4700, "usd"))


@pytest.mark.parametrize("amount", [4900, 1500])
def test_a_refund_that_was_made_in_stripe_is_named_and_its_charge_is_not_matched(shop: Shop, amount: int) -> None:
    order = shop.bought()
    refund = {"charge": str(shop.charge_of(order)), "amount": str(amount)}
    shop.http.post("/v1/refunds", data=refund).raise_for_status()

    result = run(shop)

    assert (result.matched, result.open) == (0, 1)
    mismatch = only(shop, result)
    assert mismatch.type is ExceptionType.REFUND_MISSING_IN_BOOKS
    assert (mismatch.order_id, mismatch.ours, mismatch.stripe) == (order.order_id, None, Money(amount, "usd"))


def test_an_open_exception_keeps_its_age_over_runs(shop: Shop) -> None:
    shop.charge_behind_our_back()
    first, second = run(shop), run(shop)
    assert only(shop, first) == only(shop, second)
    assert shop.scalar(sa.select(sa.func.count()).select_from(reconciliation_exceptions)) == 1


def test_an_exception_that_comes_back_is_a_new_one_and_the_history_stays(shop: Shop) -> None:
    shop.bought()
    run(shop)
    for plus in (-100, 100, -100):
        shop.execute(f"UPDATE order_payments SET amount_minor = amount_minor + {plus}")  # noqa: S608 - a figure of ours
        latest = run(shop)

    query = sa.select(reconciliation_exceptions.c.resolved_at).order_by(reconciliation_exceptions.c.first_seen_at)
    with shop.context.db.transaction() as session:
        resolved = list(session.execute(query).scalars())
    assert len(resolved) == 2
    assert resolved[0] is not None
    assert resolved[1] is None
    assert only(shop, latest).resolved_at is None


def test_only_the_payments_of_the_day_count(shop: Shop) -> None:
    shop.bought()
    yesterday = today() - timedelta(days=1)
    assert run(shop, yesterday).totals == ()
    assert run(shop).matched == 1


def test_a_day_that_has_not_begun_is_refused(shop: Shop) -> None:
    with pytest.raises(DayNotBegun, match="has not begun"):
        run(shop, today() + timedelta(days=2))


def test_with_stripe_away_a_run_waits_and_goes_on_when_stripe_is_back(shop: Shop) -> None:
    shop.bought()
    shop.fault("api.error_500", match="GET /v1/charges", times=1)

    waiting = run(shop)

    assert waiting.state is RunState.READING
    assert not waiting.clean
    assert shop.waiting()["reconciliations"] == 1
    shop.work_is_due()
    done = run(shop)
    assert done.reconciliation_id == waiting.reconciliation_id, "it is the one that is under way"
    assert done.clean


def test_a_day_is_begun_once_while_it_is_under_way(shop: Shop) -> None:
    first = begin_run(shop.context, today(), run_by="Finn Walsh")
    again = begin_run(shop.context, today(), run_by="Ann Lee")
    other = begin_run(shop.context, today() - timedelta(days=1), run_by="Ann Lee")
    assert again == first
    assert other.reconciliation_id != first.reconciliation_id


def test_a_run_reads_on_where_its_worker_died(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = [shop.bought(f"tkt_{number}") for number in range(3)]
    shop.execute("DELETE FROM charges")
    monkeypatch.setattr(reconcile, "BATCH", 1)
    listed: list[str | None] = []
    begun = begin_run(shop.context, today(), run_by="Finn Walsh")
    list_between, has_read = shop.context.stripe.charges.list_between, reconciliations.has_read

    def listing(*arguments: Any, after: str | None) -> Any:
        listed.append(after)
        return list_between(*arguments, after=after)

    def dying(session: Any, reconciliation_id: str, *, count: int, to: str | None, now: datetime | None) -> None:
        if len(listed) == 1 and to == newest_but_one:
            raise KeyboardInterrupt
        has_read(session, reconciliation_id, count=count, to=to, now=now)

    newest, newest_but_one, _ = (shop.charge_of(order) for order in reversed(paid))
    monkeypatch.setattr(shop.context.stripe.charges, "list_between", listing)
    monkeypatch.setattr(reconciliations, "has_read", dying)
    with pytest.raises(KeyboardInterrupt):
        shop.bring_forward()
    shop.work_is_due()
    shop.bring_forward()

    assert listed == [None, newest]
    with shop.context.db.transaction() as session:
        done = reconciliations.find(session, begun.reconciliation_id)
    assert done is not None
    assert (done.state, done.mirrored, done.matched) == (RunState.DONE, 3, 3)
