"""Several installations may share a Stripe account: what another one has made is not ours, and no trouble either."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from services.billing.gateways.stripe.checkouts import CheckoutRequest, CheckoutSession
from services.billing.installation.tables import installation
from services.billing.payments.tables import charges, foreign_charges
from services.billing.stripe_inbox.sweep_in import sweep_in_events
from shared import clock
from tests.support.billing import Shop, open_shop

THEIRS = "ins_of_somebody_else"


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def pay_at(shop: Shop, mark: str, order_id: str = "ord_theirs") -> CheckoutSession:
    """Another installation sells something on the same Stripe account."""
    price = shop.context.stripe.prices.find("incident_1_usd")
    assert price is not None
    request = CheckoutRequest(
        order_id=order_id,
        installation=mark,
        price_id=price.price_id,
        contact_email="lea@globex.test",
        expires_at=clock.now() + timedelta(hours=1),
        success_url="http://127.0.0.1:1/",
        cancel_url="http://127.0.0.1:1/",
    )
    checkout = shop.context.stripe.checkouts.create(request)
    ours = shop.order("tkt_only_for_its_form")
    assert shop.pay(replace(ours, checkout_url=checkout.url)).status_code == 303
    return checkout


def test_what_we_make_carries_our_mark_down_to_the_charge(shop: Shop) -> None:
    order = shop.bought()
    ours = shop.scalar(sa.select(installation.c.installation_id))
    assert shop.context.stripe.checkouts.read(order.checkout_session_id or "").installation == ours
    assert shop.context.stripe.charges.read(shop.charge_of(order)).installation == ours


def test_the_payment_of_another_installation_is_left_out_counted_and_shown(shop: Shop) -> None:
    shop.bought()
    pay_at(shop, THEIRS)
    sweep_in_events(shop.context)
    shop.handle()

    assert shop.parked() == {}
    assert shop.waiting().keys() <= {"outbox"}
    assert shop.scalar(sa.select(sa.func.count()).select_from(charges)) == 1
    assert shop.scalar(sa.select(foreign_charges.c.installation)) == THEIRS
    run = shop.reconcile()
    assert run.clean
    page = shop.staff("finance").get(f"/finance/reconciliations/{run.reconciliation_id}").text
    assert "Left out: one charge ($49.00) that another installation has made on this Stripe account." in page


def test_a_charge_without_a_mark_is_still_missing_in_our_books(shop: Shop) -> None:
    shop.charge_behind_our_back()
    assert shop.reconcile().open == 1
    assert shop.scalar(sa.select(sa.func.count()).select_from(foreign_charges)) == 0


def test_an_order_that_carries_our_mark_and_is_not_here_is_trouble(shop: Shop) -> None:
    ours = shop.scalar(sa.select(installation.c.installation_id))
    pay_at(shop, ours, "ord_gone")
    shop.deliver()
    assert shop.scalar(sa.text("SELECT last_error FROM webhook_events WHERE due_at IS NOT NULL")) is not None
    assert shop.reconcile().open == 1


def test_nobody_changes_the_mark(shop: Shop) -> None:
    statement = sa.text("UPDATE installation SET installation_id = 'ins_another'")
    with pytest.raises(ProgrammingError, match="permission denied"), shop.context.db.transaction() as session:
        session.execute(statement)
