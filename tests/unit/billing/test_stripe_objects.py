"""Stripe's objects as billing reads them."""

import pytest

from services.billing.gateways.stripe.checkouts import session_of


@pytest.mark.parametrize(
    ("status", "payment_status", "intent_status", "over"),
    [
        ("open", "unpaid", "requires_payment_method", False),
        ("expired", "unpaid", "canceled", True),
        ("complete", "paid", "succeeded", False),
        ("complete", "unpaid", "processing", False),
        ("complete", "unpaid", "requires_payment_method", True),
    ],
    ids=["open", "expired", "paid", "the bank has not said yet", "the bank has refused"],
)
def test_a_checkout_is_over_when_nobody_can_pay_with_it_any_more(
    *, status: str, payment_status: str, intent_status: str, over: bool
) -> None:
    session = {
        "id": "cs_1",
        "url": None,
        "metadata": {"order_id": "ord_1"},
        "amount_total": 4900,
        "currency": "eur",
        "status": status,
        "payment_status": payment_status,
        "payment_intent": {"id": "pi_1", "status": intent_status, "latest_charge": None},
        "expires_at": 1_800_000_000,
    }
    assert session_of(session).expired is over
