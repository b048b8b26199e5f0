"""Where Stripe sends the customer back to: paid or canceled."""

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from services.billing.checkout.receive import Return, receive, receive_canceled
from services.billing.orders.look_up import look_up
from services.billing.orders.order import Order, OrderState
from services.billing.web import context
from shared.language import ngettext
from shared.web.access import public

checkout = Blueprint("checkout", __name__, template_folder="templates")


def _ticket_url(order: Order, *, unpaid: bool = False) -> str | None:
    """Where queue takes the customer over: it knows the browser, billing never learns the ticket's link.

    Queue says that a payment is being confirmed to who comes by `return`, and asks what now of who comes by `canceled`.
    None where it was not bought for a ticket.
    """
    public_url = context().settings.queue_public_url
    way = "canceled" if unpaid or order.state is OrderState.ABANDONED else "return"
    return f"{public_url}/tickets/{order.ticket_id}/{way}" if order.ticket_id else None


@checkout.get("/checkout/return")
@public
def returned() -> Response | str:
    """Settle the order if the webhook was not quicker, and lead on to its ticket.

    Bought without one, the page says what was bought and what comes next; else, that it is being confirmed.
    """
    asked = Return(order_id=request.args.get("order", ""), session_id=request.args.get("session_id"))
    order = receive(context(), asked)
    ticket_url = _ticket_url(order)
    if order.state is OrderState.SETTLED and ticket_url is not None:
        return redirect(ticket_url, code=303)
    return render_template(
        "checkout_return.html", order=order, bought=_bought(order), ticket_url=ticket_url, ask_url=_ask_url()
    )


@checkout.get("/checkout/return/state")
@public
def show_state() -> Response:
    """How the payment stands, for the page that waits. It asks nobody: the webhook or a job brings the outcome."""
    order = look_up(context(), request.args.get("order", ""))
    shown = render_template("checkout_state.html", order=order, ticket_url=_ticket_url(order), ask_url=_ask_url())
    answer = make_response(shown)
    if order.state in {OrderState.SETTLED, OrderState.ABANDONED} or order.parked is not None:
        answer.headers["X-Live-Stop"] = "1"
    return answer


@checkout.get("/checkout/canceled")
@public
def canceled() -> Response | str:
    """Say what Stripe knows: paid, not paid, or nobody knows yet. Paying is offered only where nothing was paid.

    Where that is known, the page of the ticket asks how to go on, and asks it once.
    """
    answer = receive_canceled(context(), request.args.get("order", ""))
    order = answer.order
    ticket_url, settled = _ticket_url(order, unpaid=answer.unpaid), order.state is OrderState.SETTLED
    if ticket_url is not None and order.parked is None and (answer.unpaid or settled):
        return redirect(ticket_url, code=303)
    return render_template(
        "checkout_canceled.html",
        order=order,
        bought=_bought(order),
        can_pay=answer.unpaid and order.checkout_url is not None,
        closed=order.state is OrderState.ABANDONED,
        settled=settled,
        ticket_url=ticket_url,
        ask_url=_ask_url(),
    )


def _bought(order: Order) -> str:
    return ngettext("One incident", "%(num)s incidents", order.credits)


def _ask_url() -> str:
    return f"{context().settings.queue_public_url}/ask"
