"""Where Stripe sends the customer back to: paid or canceled."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.billing.checkout.confirm import confirm_payment
from services.billing.orders import store as orders
from services.billing.orders.errors import OrderNotFound
from services.billing.orders.order import Order, OrderState
from services.billing.web import context
from shared.errors import Kind, ServiceError
from shared.telemetry import get_logger
from shared.web.access import public

log = get_logger()

checkout = Blueprint("checkout", __name__, template_folder="templates")


def _ticket_url(order: Order, *, unpaid: bool = False) -> str:
    """Where queue takes the customer over: it knows the browser, billing never learns the ticket's link.

    Queue says that a payment is being confirmed to who comes by `return`, and asks what now of who comes by `canceled`.
    """
    public_url = context().settings.queue_public_url
    way = "canceled" if unpaid or order.state is OrderState.ABANDONED else "return"
    return f"{public_url}/tickets/{order.ticket_id}/{way}" if order.ticket_id else public_url


def _find(order_id: str) -> Order:
    with context().db.transaction() as session:
        order = orders.find(session, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    return order


@checkout.get("/checkout/return")
@public
def returned() -> Response | str:
    """Settle the order if the webhook was not quicker, and lead on to the ticket."""
    order = _find(request.args.get("order", ""))
    unknown = False
    try:
        order = confirm_payment(context(), order.order_id, session_id=request.args.get("session_id"))
    except ServiceError as refusal:
        if refusal.kind is not Kind.UNAVAILABLE:
            raise
        # Paid or not: Stripe knows, and the webhook or a sweep will tell. The customer is not shown a failure.
        log.warning("return page without Stripe", order_id=order.order_id, why=refusal.message)
        unknown = True
    if order.state is OrderState.SETTLED:
        return redirect(_ticket_url(order), code=303)
    return render_template(
        "checkout_return.html",
        order=order,
        product=_product_name(order),
        unknown=unknown,
        ticket_url=_ticket_url(order),
    )


@checkout.get("/checkout/canceled")
@public
def canceled() -> str:
    """Say that nothing was charged, and how to go on."""
    order = _find(request.args.get("order", ""))
    return render_template(
        "checkout_canceled.html",
        order=order,
        product=_product_name(order),
        can_pay=order.state is OrderState.OPEN and order.checkout_url is not None and order.parked_reason is None,
        settled=order.state is OrderState.SETTLED,
        ticket_url=_ticket_url(order, unpaid=order.state is not OrderState.SETTLED),
    )


def _product_name(order: Order) -> str:
    product = context().catalog.find(order.product)
    return product.name if product else order.product
