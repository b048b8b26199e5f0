"""Buying, for programs."""

from typing import Any

from apiflask import APIBlueprint

from services.billing.checkout import schemas
from services.billing.checkout.place import OrderRequest, place_order
from services.billing.checkout.receipt import receipt_url
from services.billing.orders.schemas import PlacedOrder
from services.billing.web import context
from shared.limits import Limit
from shared.web.access import allow, limited_by_key
from shared.web.idempotency import idempotent

checkout_api = APIBlueprint("checkout_api", __name__, tag="Checkout")

ORDERS = Limit(name="orders_by_key", most=120, within_s=60)
"""Each asks Stripe for a checkout, and Stripe has limits of its own."""


@checkout_api.post("/v1/orders")
@allow(services=("queue",), scope="orders:write")
@idempotent
@limited_by_key(ORDERS)
@checkout_api.input(schemas.OrderRequest)
@checkout_api.output(PlacedOrder)
def create_order(json_data: dict[str, Any]) -> dict[str, Any]:
    """Order a product for a ticket and open its checkout. The same ticket gets the same order while it can be paid."""
    order = place_order(context(), OrderRequest(**json_data))
    return {"order_id": order.order_id, "state": order.state.value, "checkout_url": order.checkout_url}


@checkout_api.get("/v1/orders/<order_id>/receipt")
@allow(services=("queue",), scope="orders:read")
@checkout_api.output(schemas.Receipt)
def show_receipt(order_id: str) -> dict[str, Any]:
    """Where Stripe shows the receipt of an order; the address ends after some weeks, ask again then."""
    return {"receipt_url": receipt_url(context(), order_id)}
