"""Where Stripe sends the customer back to: paid or canceled."""

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from services.billing.checkout.receive import Return, receive, receive_canceled
from services.billing.orders.look_up import look_up
from services.billing.orders.order import Order, OrderState
from services.billing.web import context
from shared.web.access import public

checkout = Blueprint("checkout", __name__, template_folder="templates")


def _ticket_url(order: Order, *, unpaid: bool = False) -> str:
    """Where queue takes the customer over: it knows the browser, billing never learns the ticket's link.

    Queue says that a payment is being confirmed to who comes by `return`, and asks what now of who comes by `canceled`.
    """
    public_url = context().settings.queue_public_url
    way = "canceled" if unpaid or order.state is OrderState.ABANDONED else "return"
    return f"{public_url}/tickets/{order.ticket_id}/{way}" if order.ticket_id else public_url


@checkout.get("/checkout/return")
@public
def returned() -> Response | str:
    """Settle the order if the webhook was not quicker, and lead on to the ticket; or say that it is being confirmed."""
    asked = Return(order_id=request.args.get("order", ""), session_id=request.args.get("session_id"))
    order = receive(context(), asked)
    if order.state is OrderState.SETTLED:
        return redirect(_ticket_url(order), code=303)
    return render_template(
        "checkout_return.html", order=order, product=_product_name(order), ticket_url=_ticket_url(order)
    )


@checkout.get("/checkout/return/state")
@public
def show_state() -> Response:
    """How the payment stands, for the page that waits. It asks nobody: the webhook or a job brings the outcome."""
    order = look_up(context(), request.args.get("order", ""))
    answer = make_response(render_template("checkout_state.html", order=order, ticket_url=_ticket_url(order)))
    if order.state in {OrderState.SETTLED, OrderState.ABANDONED} or order.parked is not None:
        answer.headers["X-Live-Stop"] = "1"
    return answer


@checkout.get("/checkout/canceled")
@public
def canceled() -> str:
    """Say what Stripe knows: paid, not paid, or nobody knows yet. Paying is offered only where nothing was paid."""
    answer = receive_canceled(context(), request.args.get("order", ""))
    order = answer.order
    return render_template(
        "checkout_canceled.html",
        order=order,
        product=_product_name(order),
        can_pay=answer.unpaid and order.checkout_url is not None,
        closed=order.state is OrderState.ABANDONED,
        settled=order.state is OrderState.SETTLED,
        ticket_url=_ticket_url(order, unpaid=answer.unpaid),
    )


def _product_name(order: Order) -> str:
    product = context().catalog.find(order.product)
    return product.name if product else order.product
