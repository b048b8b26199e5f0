"""Orders and their checkouts: one open order for each ticket, whatever Stripe's replies do."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.billing.checkout.errors import CatalogOutOfStep, OrderAlreadyOpen, UnknownCurrency, UnknownProduct
from services.billing.gateways.stripe.errors import StripeOutcomeUnknown, StripeRefused, StripeUnavailable
from services.billing.orders.order import OrderState
from shared import clock
from tests.support.billing import CARD_DECLINED, Shop, open_shop

CREATE = "POST /v1/checkout/sessions"


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    then = clock.now() + timedelta(**by)
    monkeypatch.setattr(clock, "now", lambda: then)


def sessions(shop: Shop) -> list[dict[str, Any]]:
    return list(shop.http.get("/v1/checkout/sessions", params={"limit": "100"}).json()["data"])


def test_an_order_opens_a_checkout_for_exactly_what_was_asked_for(shop: Shop) -> None:
    order = shop.order(product="incident_5", currency="jpy")

    assert order.state is OrderState.OPEN
    (session,) = sessions(shop)
    assert session["url"] == order.checkout_url
    assert (session["amount_total"], session["currency"]) == (34000, "jpy")
    mark = shop.scalar(sa.text("SELECT installation_id FROM installation"))
    assert session["metadata"] == {"order_id": order.order_id, "installation": mark}
    assert session["customer_email"] == "jo@acme.test"


def test_a_repeated_request_returns_the_same_checkout(shop: Shop) -> None:
    assert shop.order() == shop.order(contact_email=" Jo@ACME.test ")
    assert len(sessions(shop)) == 1


def test_a_double_submit_makes_one_order_and_one_checkout(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(lambda _: _patiently(shop), range(8)))

    assert len({order.order_id for order in placed}) == 1
    assert len({shop.now(order).checkout_url for order in placed}) == 1
    assert len(sessions(shop)) == 1


def _patiently(shop: Shop) -> Any:
    """Stripe answers 409 to the same key twice at once; a person presses again."""
    for _ in range(20):
        try:
            return shop.order()
        except (StripeOutcomeUnknown, StripeUnavailable):
            continue
    raise AssertionError("no order")


def test_two_addresses_with_one_ticket_share_its_order(shop: Shop) -> None:
    assert shop.order().order_id == shop.order(contact_email="ann@acme.test").order_id


def test_another_product_for_the_same_ticket_must_wait(shop: Shop) -> None:
    first = shop.order()
    with pytest.raises(OrderAlreadyOpen) as refusal:
        shop.order(product="incident_5")
    assert refusal.value.facts["checkout_url"] == first.checkout_url


@pytest.mark.parametrize("product", ["gold", "premium_month", ""])
def test_what_is_not_for_sale_is_refused_with_what_is(shop: Shop, product: str) -> None:
    with pytest.raises(UnknownProduct, match=r"incident_1, incident_5, incident_10") as refusal:
        shop.order(product=product)
    assert refusal.value.field == "product"


def test_an_unknown_currency_is_refused_with_the_known_ones(shop: Shop) -> None:
    with pytest.raises(UnknownCurrency, match="usd, eur, gbp, jpy"):
        shop.order(currency="chf")


def test_a_declined_card_leaves_the_order_open_to_try_again(shop: Shop) -> None:
    order = shop.order()

    assert shop.pay(order, CARD_DECLINED).status_code == 402
    assert shop.order().checkout_url == order.checkout_url
    assert shop.pay(order).status_code == 303


def test_a_lost_reply_is_asked_for_again_under_the_same_key(shop: Shop) -> None:
    shop.fault("api.lost_reply", match=CREATE, times=2, seconds=0.05)

    with pytest.raises(StripeOutcomeUnknown):
        shop.order()
    order = shop.order()

    assert order.state is OrderState.OPEN
    assert len(sessions(shop)) == 1


def test_a_500_that_stripe_repeats_for_a_day_is_left_behind_with_the_next_key(shop: Shop) -> None:
    shop.fault("api.error_500_after", match=CREATE)

    order = shop.order()

    assert order.state is OrderState.OPEN
    first, second = sorted(sessions(shop), key=lambda session: session["url"] == order.checkout_url)
    assert second["url"] == order.checkout_url, "nobody was shown the first one"
    assert {session["metadata"]["order_id"] for session in (first, second)} == {order.order_id}


def test_one_500_after_the_other_takes_one_key_after_the_other(shop: Shop) -> None:
    shop.fault("api.error_500_after", match=CREATE, times=3)
    with pytest.raises(StripeOutcomeUnknown):
        shop.order()
    order = shop.order()
    assert order.state is OrderState.OPEN
    assert len({session["id"] for session in sessions(shop)}) > 2
    assert shop.pay(order).status_code == 303
    shop.deliver()
    assert shop.now(order).state is OrderState.SETTLED


def test_a_sweep_asks_for_a_lost_reply_when_nobody_comes_back(shop: Shop) -> None:
    shop.fault("api.lost_reply", match=CREATE, times=2, seconds=0.05)
    with pytest.raises(StripeOutcomeUnknown):
        shop.order()
    assert shop.ask() == 0  # the request that drafted it has half a minute

    shop.work_is_due()
    assert shop.ask() == 1
    assert shop.ask() == 0

    order = shop.order()
    assert order.state is OrderState.OPEN
    assert [session["url"] for session in sessions(shop)] == [order.checkout_url]


def test_a_payment_whose_checkout_reply_was_lost_settles_by_its_webhook(shop: Shop) -> None:
    shop.fault("api.lost_reply", match=CREATE, times=2, seconds=0.05)
    with pytest.raises(StripeOutcomeUnknown):
        shop.order()
    (session,) = sessions(shop)
    draft = shop.find(session["metadata"]["order_id"])
    assert draft.state is OrderState.DRAFT

    shop.http.post(f"/c/pay/{session['id']}", data=_form())
    shop.deliver()

    settled = shop.now(draft)
    assert settled.state is OrderState.SETTLED
    assert settled.checkout_session_id == session["id"]


def _form() -> dict[str, str]:
    return {
        "email": "jo@acme.test", "card_number": "4242424242424242", "card_expiry": "1234", "card_cvc": "123",
        "name": "Jo", "country": "DE",
    }  # fmt: skip


def test_a_checkout_that_stripe_refuses_abandons_the_order_and_the_next_request_starts_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = clock.now()
    monkeypatch.setattr(clock, "now", lambda: real - timedelta(hours=2))  # our clock is off: Stripe refuses the expiry
    with pytest.raises(StripeRefused):
        shop.order()
    monkeypatch.undo()

    assert shop.order().state is OrderState.OPEN


def test_after_the_checkout_expired_a_new_order_is_made(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shop.order()
    shop.expire(first)
    later(monkeypatch, minutes=59)

    second = shop.order()

    assert second.order_id != first.order_id
    assert shop.now(first).state is OrderState.ABANDONED
    assert second.state is OrderState.OPEN


def test_a_sweep_abandons_what_expired(shop: Shop) -> None:
    order = shop.order()
    shop.expire(order)
    shop.work_is_due()

    shop.ask()

    assert shop.now(order).state is OrderState.ABANDONED


def test_a_sweep_settles_a_payment_of_which_no_webhook_came(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)
    shop.work_is_due()

    shop.ask()

    assert shop.now(order).state is OrderState.SETTLED
    assert len(shop.purchases()) == 1


def test_a_paid_ticket_is_never_charged_twice(shop: Shop) -> None:
    first = shop.bought()
    again = shop.order(product="incident_5")

    assert again.order_id == first.order_id
    assert again.state is OrderState.SETTLED
    assert again.checkout_url is None


def test_money_for_an_order_given_up_settles_it_all_the_same(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)
    shop.execute("UPDATE orders SET state = 'abandoned', abandoned_at = now()")

    shop.deliver()

    assert shop.now(order).state is OrderState.SETTLED
    assert len(shop.purchases()) == 1


def test_a_catalog_that_was_not_pushed_sells_nothing(shop: Shop) -> None:
    (price,) = shop.http.get("/v1/prices", params={"lookup_keys[0]": "incident_1_usd"}).json()["data"]
    shop.http.post(f"/v1/prices/{price['id']}", data={"active": "false"}).raise_for_status()

    with pytest.raises(CatalogOutOfStep, match="push-catalog"):
        shop.order()


def test_stripe_down_is_said_and_nothing_is_lost(shop: Shop) -> None:
    shop.fault("api.error_500", match="*", times=10)
    with pytest.raises(StripeUnavailable):
        shop.order()
    shop.http.delete("/_sandbox/faults")

    assert shop.order().state is OrderState.OPEN


def test_many_tickets_of_one_customer_are_one_account(shop: Shop) -> None:
    orders = [shop.order(f"tkt_{number}") for number in range(3)]
    assert len({order.account_id for order in orders}) == 1
    assert len({order.order_id for order in orders}) == 3
