"""Back from the payment page: into the ticket, for the browser that asked it."""

from flask import Blueprint, redirect, render_template, session
from werkzeug.wrappers import Response

from services.queue.tickets import store as tickets
from services.queue.tickets.address import ticket_path
from services.queue.tickets.ticket import Ticket
from services.queue.web import context
from shared.web.access import public

return_pages = Blueprint("return", __name__, url_prefix="/tickets/<ticket_id>", template_folder="templates")

_ASKED_HERE = "asked"
"""In the session: the tickets that this browser asked, so that it finds back from the payment page."""
_REMEMBERED = 20


def remember_here(ticket: Ticket) -> None:
    """Let this browser find back to the ticket from the payment page."""
    session[_ASKED_HERE] = [*session.get(_ASKED_HERE, []), ticket.id][-_REMEMBERED:]


@return_pages.get("/return")
@public
def returned(ticket_id: str) -> Response | str:
    """Back from the payment page: into the ticket, for the browser that asked it."""
    return _back(ticket_id, "payment")


@return_pages.get("/canceled")
@public
def came_back(ticket_id: str) -> Response | str:
    """Back without having paid. Changes nothing: the page asks what the customer wants."""
    return _back(ticket_id, "checkout")


def _back(ticket_id: str, came_from: str) -> Response | str:
    if ticket_id not in session.get(_ASKED_HERE, []):
        return render_template("returned.html", paid=came_from == "payment")
    with context().db.transaction() as transaction:
        ticket = tickets.find(transaction, ticket_id)
    return redirect(f"{ticket_path(ticket, context().settings)}?from={came_from}", 303)
