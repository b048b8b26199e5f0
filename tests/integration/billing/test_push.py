"""Whatever became of the catalog at Stripe, a push makes it good."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.billing.offers.push import push_catalog
from services.billing.orders.order import OrderState
from tests.support.billing import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def at_stripe(shop: Shop, key: str = "incident_1_usd") -> dict[str, Any]:
    """The price under that lookup key, archived or not."""
    found = shop.http.get("/v1/prices", params={"lookup_keys[0]": key}).json()["data"]
    return dict(found[0])


def test_an_archived_price_is_for_sale_again_after_a_push(shop: Shop) -> None:
    shop.http.post(f"/v1/prices/{at_stripe(shop)['id']}", data={"active": "false"}).raise_for_status()

    assert push_catalog(shop.context) == ["incident_1_usd"]
    assert push_catalog(shop.context) == []
    assert shop.order().state is OrderState.OPEN


def test_an_archived_product_is_for_sale_again_after_a_push(shop: Shop) -> None:
    shop.http.post("/v1/products/incident_1", data={"active": "false"}).raise_for_status()
    push_catalog(shop.context)
    assert shop.http.get("/v1/products/incident_1").json()["active"] is True


def test_a_price_that_is_found_by_no_key_any_more_is_made_anew(shop: Shop) -> None:
    """Stripe repeats its old answer under an old idempotency key for a day: that says nothing of today."""
    old = at_stripe(shop)["id"]
    shop.http.post(f"/v1/prices/{old}", data={"active": "false", "lookup_key": "another_key"}).raise_for_status()

    assert push_catalog(shop.context) == ["incident_1_usd"]
    assert at_stripe(shop)["id"] != old
    assert shop.order().state is OrderState.OPEN


def test_an_archived_price_of_another_figure_is_replaced(shop: Shop) -> None:
    old = at_stripe(shop)["id"]
    shop.http.post(f"/v1/prices/{old}", data={"active": "false"}).raise_for_status()
    one, *rest = shop.context.catalog.products
    dearer = replace(shop.context.catalog, products=(replace(one, prices={**one.prices, "usd": 5900}), *rest))

    assert push_catalog(replace(shop.context, catalog=dearer)) == ["incident_1_usd"]
    assert (at_stripe(shop)["unit_amount"], at_stripe(shop)["active"]) == (5900, True)
