"""Who comes back by "cancel" hears the truth, and is never asked to pay what is paid or may be."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from services.billing.checkout import receive
from services.billing.orders.order import Order, OrderState
from tests.support.billing import Shop, open_shop

READ = "GET /v1/checkout/sessions/*"
OFFERED = "Back to the payment"
UNKNOWN = "We do not know yet whether you have paid."


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def canceled(shop: Shop, order: Order) -> TestResponse:
    answer = shop.app.test_client().get(f"/checkout/canceled?order={order.order_id}")
    assert answer.status_code == 200
    return answer


def test_who_has_paid_and_whose_webhook_is_late_is_told_so_and_settled(shop: Shop) -> None:
    order = shop.order(None)
    shop.pay(order)

    page = canceled(shop, order)

    assert "This order is paid." in page.text
    assert OFFERED not in page.text
    assert order.checkout_url is not None
    assert order.checkout_url not in page.text
    assert shop.now(order).state is OrderState.SETTLED
    assert len(shop.purchases()) == 1


def test_who_has_not_paid_is_told_so_and_may_go_back(shop: Shop) -> None:
    order = shop.order(None)
    page = canceled(shop, order)
    assert "You have not paid. Nothing was charged." in page.text
    assert OFFERED in page.text
    assert order.checkout_url is not None
    assert order.checkout_url in page.text


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("fault", ["api.error_500", "api.slow"])
def test_while_stripe_says_nothing_nobody_is_asked_to_pay_and_a_job_asks(shop: Shop, *, paid: bool, fault: str) -> None:
    order = shop.order()
    if paid:
        shop.pay(order)
    shop.fault(fault, match=READ, times=None, **({"seconds": 6} if fault == "api.slow" else {}))

    began = time.monotonic()
    page = canceled(shop, order)

    assert time.monotonic() - began < receive.WITHIN_S + 3, "the page waits for Stripe a moment only"
    assert UNKNOWN in page.text
    assert "Nothing was charged" not in page.text
    assert OFFERED not in page.text
    assert "/tickets/tkt_1/return" in page.text, "queue says that the payment is being confirmed"
    assert shop.scalar(sa.text("SELECT due_at <= now() FROM orders"))
    shop.http.delete("/_sandbox/faults").raise_for_status()
    known = shop.app.test_client().get(f"/checkout/canceled?order={order.order_id}")
    assert known.location == f"http://127.0.0.1:1/tickets/tkt_1/{'return' if paid else 'canceled'}"


def test_while_the_bank_has_not_said_nobody_is_asked_to_pay(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order, checkouts = shop.order(), shop.context.stripe.checkouts
    asked = checkouts.read(order.checkout_session_id or "")
    monkeypatch.setattr(checkouts, "read", lambda _: replace(asked, url=None, payable=False))
    page = canceled(shop, order)
    assert UNKNOWN in page.text
    assert OFFERED not in page.text


def test_what_was_not_ordered_and_was_paid_is_with_a_person(shop: Shop) -> None:
    order = shop.order()
    shop.execute("UPDATE orders SET amount_minor = 4800")
    shop.pay(order)
    page = canceled(shop, order)
    assert "a person is checking it" in page.text
    assert OFFERED not in page.text


def test_a_payment_page_that_has_expired_is_closed(shop: Shop) -> None:
    order = shop.order(None)
    shop.expire(order)
    page = canceled(shop, order)
    assert "This payment page is closed." in page.text
    assert OFFERED not in page.text
    assert shop.now(order).state is OrderState.ABANDONED
