"""The pages that open a ticket: for anybody, and from a ticket's page for whoever came by its link."""

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.queue.intake.choices import Choices, choices
from services.queue.intake.form import Draft, blank, errors_in
from services.queue.intake.open import TicketRequest, open_ticket
from services.queue.intake.view import cards
from services.queue.mail_out.proof import prove_address
from services.queue.payments.buy_incident import checkout_url
from services.queue.payments.pages import remember_here
from services.queue.payments.payment import may_be_paid
from services.queue.tickets.address import Visit, page_path, visit_behind
from services.queue.tickets.errors import TicketNotFound
from services.queue.tickets.ticket import Choice, Payment, Ticket
from services.queue.web import WRONG_LINKS, context
from shared import clock
from shared.audit import CUSTOMER
from shared.email_address import contact_key
from shared.ids import digest, new_token
from shared.language import ngettext
from shared.limits import Limit
from shared.reader import reader
from shared.web.access import public
from shared.web.limits import counting_guesses, wait_for

ask_pages = Blueprint("ask", __name__, template_folder="templates")

_LONGEST_TOKEN = 64
Refused = tuple[str, int] | tuple[str, int, dict[str, str]]


@ask_pages.get("/ask")
@public
def ask() -> str:
    """The empty form."""
    product = request.args.get("product", "")
    available = choices(context(), product, request.args.get("currency", "").lower(), None)
    return _form(blank(available, wants_to_buy=bool(product)), available, {})


@ask_pages.post("/ask")
@public
def send() -> Response | Refused:
    """Open the ticket of somebody who is not known yet."""
    return _receive(None)


@ask_pages.get("/t/<token>/ask")
@public
def ask_again(token: str) -> str:
    """The empty form for who came by the link of a ticket: incidents may be used where that link came by mail."""
    visit = _visit(token)
    available = choices(context(), "", visit.ticket.currency or "", _proven_address(visit))
    return _form(blank(available), available, {}, visit.ticket, token)


@ask_pages.post("/t/<token>/ask")
@public
def send_again(token: str) -> Response | Refused:
    """Open another ticket of the same address."""
    return _receive(token)


def _visit(token: str, *, acting: bool = False) -> Visit:
    """Who came by this link; who sends a form by a mailed one has proved the address."""
    with counting_guesses(WRONG_LINKS, TicketNotFound), context().db.transaction() as transaction:
        visit = visit_behind(transaction, context().settings, token)
        if acting and visit.proven:
            prove_address(transaction, visit.ticket.contact_key, clock.now())
        return visit


def _proven_address(visit: Visit | None) -> str | None:
    return visit.ticket.contact_email if visit is not None and visit.proven else None


def _receive(token: str | None) -> Response | Refused:
    visit = _visit(token, acting=True) if token else None
    earlier = visit.ticket if visit is not None else None
    draft = Draft.read(request.form)
    if earlier is not None:
        draft = _of_same_person(draft, earlier)
    available = choices(context(), draft.product, draft.currency, _proven_address(visit))
    errors = errors_in(draft, available)
    if errors:
        return _form(draft, available, errors, earlier, token or ""), 422
    if (wait := wait_for(_forms(), _counted_for(visit))) is not None:
        too_many = {"": _too_many(wait)}
        return _form(draft, available, too_many, earlier, token or ""), 429, {"Retry-After": str(wait)}
    ticket = open_ticket(
        context(),
        TicketRequest(
            subject=draft.subject,
            text=draft.text,
            tried=draft.tried,
            email=draft.email,
            name=draft.name,
            language=reader().language,
            zone=draft.zone,
            choice=Choice(draft.choice),
            address_proven=_proven_address(visit) is not None,
            actor=CUSTOMER,
            form_token=draft.form_token[:_LONGEST_TOKEN] or new_token(),
            product=draft.product,
            currency=draft.currency,
        ),
    )
    remember_here(ticket)
    return redirect(_next_place(ticket), 303)


def _counted_for(visit: Visit | None) -> str | None:
    """Who has proved an address is counted by it, and not with whoever sits in the same network."""
    address = _proven_address(visit)
    return None if address is None else digest(contact_key(address))


def _forms() -> Limit:
    return Limit(name="forms", most=context().settings.forms_per_network, within_s=600)


def _too_many(wait_s: int) -> str:
    minutes = max(1, round(wait_s / 60))
    return ngettext(
        "Many questions came from your network in a short time. Yours is still here: send it again in %(num)s minute.",
        "Many questions came from your network in a short time. Yours is still here: send it again in %(num)s minutes.",
        minutes,
    )


def _of_same_person(draft: Draft, earlier: Ticket) -> Draft:
    """The form of a known person has no fields for address and name."""
    return replace(draft, email=earlier.contact_email, name=earlier.contact_name or "")


def _next_place(ticket: Ticket) -> str:
    """The payment page for who wants to pay; else, or when billing is away, the ticket's page, which says so."""
    settings = context().settings
    if ticket.payment is Payment.PENDING and may_be_paid(ticket):
        return checkout_url(context(), ticket) or page_path(ticket, settings)
    return page_path(ticket, settings)


def _form(
    draft: Draft,
    available: Choices,
    errors: dict[str, str],
    earlier: Ticket | None = None,
    token: str | None = None,
) -> str:
    return render_template(
        "ask.html",
        draft=draft,
        errors=errors,
        cards=cards(available, context().settings),
        billing_is_away=available.offer is None,
        earlier=earlier,
        action=f"/t/{token}/ask" if token else "/ask",
    )
