"""Orders, for programs."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint

from services.billing.orders import listing, schemas
from services.billing.orders import store as orders
from services.billing.orders.errors import OrderNotFound
from services.billing.orders.order import Order, OrderPayment
from services.billing.orders.view import parked_sentence
from services.billing.web import context
from shared.web.access import allow
from shared.web.pagination import page_of, position

orders_api = APIBlueprint("orders", __name__, tag="Orders")


def _order(order: Order, payments: Sequence[OrderPayment]) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "state": order.state.value,
        "checkout_url": order.checkout_url,
        "account_id": order.account_id,
        "contact_email": order.contact_email,
        "ticket_id": order.ticket_id,
        "product": order.product,
        "credits": order.credits,
        "response_class": order.response_class,
        "amount_minor": order.price.amount_minor,
        "currency": order.price.currency,
        "payments": [
            {
                "charge_id": payment.charge_id,
                "amount_minor": payment.amount.amount_minor,
                "currency": payment.amount.currency,
                "paid_at": payment.paid_at,
            }
            for payment in payments
        ],
        "created_at": order.created_at,
        "checkout_expires_at": order.checkout_expires_at,
        "paid_at": order.paid_at,
        "settled_at": order.settled_at,
        "abandoned_at": order.abandoned_at,
        "parked_reason": parked_sentence(order.parked) if order.parked else None,
    }


@orders_api.get("/v1/orders/<order_id>")
@allow(services=("queue",), staff=("finance",), scope="orders:read")
@orders_api.output(schemas.Order)
def show_order(order_id: str) -> dict[str, Any]:
    """One order as it stands."""
    with context().db.transaction() as session:
        order = orders.find(session, order_id)
        payments = listing.payments_of(session, [order_id])
    if order is None:
        raise OrderNotFound(order_id)
    return _order(order, payments.get(order_id, ()))


@orders_api.get("/v1/orders")
@allow(services=("queue",), staff=("finance",), scope="orders:read")
@orders_api.input(schemas.OrdersQuery, location="query")
@orders_api.output(schemas.Orders)
def list_orders(query_data: dict[str, Any]) -> dict[str, Any]:
    """Orders, newest first."""
    limit = query_data["limit"]
    with context().db.transaction() as session:
        found = listing.list_page(
            session,
            limit=limit + 1,
            before=position(query_data["cursor"]),
            ticket_id=query_data["ticket_id"],
            state=query_data["state"],
        )
        payments = listing.payments_of(session, [order.order_id for order in found])
    return page_of(
        found,
        limit,
        id_of=lambda order: order.order_id,
        as_body=lambda order: _order(order, payments.get(order.order_id, ())),
    )
