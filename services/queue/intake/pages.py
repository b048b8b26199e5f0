"""The pages that open a ticket: for anybody, and from a ticket's page for somebody whose address is proven."""

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.queue.intake.form import Choices, Written, blank, cards, choices, errors_in
from services.queue.intake.open import Opening, open_ticket
from services.queue.payments.buy_incident import checkout_url
from services.queue.payments.pages import remember_here
from services.queue.payments.payment import may_be_paid
from services.queue.tickets import audit
from services.queue.tickets.address import ticket_behind, ticket_path
from services.queue.tickets.ticket import Payment, Ticket, Wish
from services.queue.web import context
from shared.ids import new_token
from shared.web.access import public

ask_pages = Blueprint("ask", __name__, template_folder="templates")

_LONGEST_TOKEN = 64


@ask_pages.get("/ask")
@public
def ask() -> str:
    """The empty form."""
    product = request.args.get("product", "")
    available = choices(context(), product, request.args.get("currency", "").lower(), None)
    return _form(blank(available, wants_to_buy=bool(product)), available, {})


@ask_pages.post("/ask")
@public
def send() -> Response | tuple[str, int]:
    """Open the ticket of somebody who is not known yet."""
    return _receive(None)


@ask_pages.get("/t/<token>/ask")
@public
def ask_again(token: str) -> str:
    """The empty form for somebody who came by the link of a ticket: the address is proven, incidents may be used."""
    earlier = ticket_behind(context(), token)
    available = choices(context(), "", earlier.currency or "", earlier.contact_email)
    return _form(blank(available), available, {}, earlier, token)


@ask_pages.post("/t/<token>/ask")
@public
def send_again(token: str) -> Response | tuple[str, int]:
    """Open another ticket of the same address."""
    return _receive(token)


def _receive(token: str | None) -> Response | tuple[str, int]:
    earlier = ticket_behind(context(), token) if token else None
    written = Written.read(request.form)
    if earlier is not None:
        written = _of_same_person(written, earlier)
    available = choices(
        context(), written.product, written.currency, earlier.contact_email if earlier is not None else None
    )
    errors = errors_in(written, available)
    if errors:
        return _form(written, available, errors, earlier, token or ""), 422
    ticket = open_ticket(
        context(),
        Opening(
            subject=written.subject,
            text=written.text,
            tried=written.tried,
            email=written.email,
            name=written.name,
            zone=written.zone,
            wish=Wish(written.wish),
            address_proven=earlier is not None,
            actor=audit.CUSTOMER,
            form_token=written.form_token[:_LONGEST_TOKEN] or new_token(),
            product=written.product,
            currency=written.currency,
        ),
    )
    remember_here(ticket)
    return redirect(_next_place(ticket), 303)


def _of_same_person(written: Written, earlier: Ticket) -> Written:
    """The form of a known person has no fields for address and name."""
    return replace(written, email=earlier.contact_email, name=earlier.contact_name or "")


def _next_place(ticket: Ticket) -> str:
    """The payment page for who wants to pay; else, or when billing is away, the ticket's page, which says so."""
    settings = context().settings
    if ticket.payment is Payment.PENDING and may_be_paid(ticket):
        return checkout_url(context(), ticket) or ticket_path(ticket, settings)
    return ticket_path(ticket, settings)


def _form(
    written: Written,
    available: Choices,
    errors: dict[str, str],
    earlier: Ticket | None = None,
    token: str | None = None,
) -> str:
    return render_template(
        "ask.html",
        written=written,
        errors=errors,
        cards=cards(available, context().settings),
        billing_is_away=available.offer is None,
        earlier=earlier,
        action=f"/t/{token}/ask" if token else "/ask",
    )
