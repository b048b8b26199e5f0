"""What became of an order's credits."""

from typing import Any

from apiflask import APIBlueprint

from services.entitlements.credits import store as ledger
from services.entitlements.traces.schemas import Trace
from services.entitlements.web import context
from shared.web.access import allow

traces_api = APIBlueprint("traces", __name__, tag="Traces")


@traces_api.get("/v1/traces/<order_id>")
@allow(services=("billing",), scope="traces:read")
@traces_api.output(Trace)
def show_trace(order_id: str) -> dict[str, Any]:
    """What became of the credits that an order bought; an order without a grant (yet) has an empty list."""
    with context().db.transaction() as session:
        return {"order_id": order_id, "grants": ledger.grants_of_order(session, order_id)}
