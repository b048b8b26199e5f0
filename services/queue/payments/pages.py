"""Back from the payment page: into the ticket, for the browser that asked it."""

from flask import Blueprint, redirect, render_template, session
from werkzeug.wrappers import Response

from services.queue.tickets import store as tickets
from services.queue.tickets.address import page_path
from services.queue.tickets.ticket import Ticket
from services.queue.web import context
from shared.web.access import public

return_pages = Blueprint("return", __name__, url_prefix="/tickets/<ticket_id>", template_folder="templates")

_ASKED_HERE = "asked"
"""In the session: the tickets that this browser asked, so that it finds back from the payment page.

Each with the link version of then: what made old links void makes this way back void, too.
"""
_REMEMBERED = 20


def remember_here(ticket: Ticket) -> None:
    """Let this browser find back to the ticket from the payment page."""
    here = _known_here(ticket)
    others = [known for known in session.get(_ASKED_HERE, []) if known != here]
    session[_ASKED_HERE] = [*others, here][-_REMEMBERED:]


def _known_here(ticket: Ticket) -> str:
    return f"{ticket.id}.{ticket.link_version}"


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
    known_here = session.get(_ASKED_HERE, [])
    if any(known.startswith(f"{ticket_id}.") for known in known_here):  # who knows an id learns nothing, not even late
        with context().db.transaction() as transaction:
            ticket = tickets.find(transaction, ticket_id)
        if _known_here(ticket) in known_here:
            # Its own page and no mailed link: a cookie proves no address.
            return redirect(f"{page_path(ticket, context().settings)}?from={came_from}", 303)
    return render_template("returned.html", paid=came_from == "payment")
