"""Buying, for programs."""

from typing import Any

from apiflask import APIBlueprint

from services.billing.checkout import schemas
from services.billing.checkout.place import OrderRequest, place_order
from services.billing.orders.schemas import PlacedOrder
from services.billing.web import context
from shared.web.access import allow
from shared.web.idempotency import idempotent

checkout_api = APIBlueprint("checkout_api", __name__, tag="Checkout")


@checkout_api.post("/v1/orders")
@allow(services=("queue",), scope="orders:write")
@idempotent
@checkout_api.input(schemas.OrderRequest)
@checkout_api.output(PlacedOrder)
def create_order(json_data: dict[str, Any]) -> dict[str, Any]:
    """Order a product for a ticket and open its checkout. The same ticket gets the same order while it can be paid."""
    order = place_order(context(), OrderRequest(**json_data))
    return {"order_id": order.order_id, "state": order.state.value, "checkout_url": order.checkout_url}
