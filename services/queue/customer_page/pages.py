"""The customer's page of one ticket, behind its link: by when, the conversation, and what the customer can do."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from services.queue.closing.end import cancel_ticket, confirm_ticket
from services.queue.conversation.reply import reopen_ticket, reply_to_ticket
from services.queue.conversation.view import shown as shown_messages
from services.queue.customer_page.receipt import no_receipt, receipt_of, receipt_page
from services.queue.customer_page.view import Case, case_of, price_of, top_of
from services.queue.mail_out.proof import prove_address, send_held
from services.queue.payments.buy_incident import checkout_url
from services.queue.payments.errors import IncidentNotUsable
from services.queue.payments.go_on import go_on_without_payment
from services.queue.payments.pages import remember_here
from services.queue.payments.payment import may_be_paid, may_use_incident, stands_paid
from services.queue.payments.use_incident import use_incident
from services.queue.tickets.address import Visit, visit_behind
from services.queue.tickets.errors import TextMissing, TicketMovedOn, TicketNotFound
from services.queue.tickets.reasons import reasons_said, told_to_anybody
from services.queue.tickets.text import LONGEST_TEXT
from services.queue.tickets.ticket import Payment, State, Ticket
from services.queue.tickets.words import too_long
from services.queue.web import WRONG_LINKS, context
from shared import clock
from shared.ids import new_token
from shared.language import gettext as _
from shared.language import ngettext
from shared.reader import known_zone
from shared.web.access import public
from shared.web.limits import counting_guesses
from shared.web.problems import words_of
from shared.web.reading import ZONE_COOKIE

ticket_pages = Blueprint("ticket", __name__, url_prefix="/t/<token>", template_folder="templates")

_CAME_FROM = ("payment", "checkout")


@ticket_pages.get("")
@public
def show(token: str) -> str:
    """The page."""
    return _page(token)


@ticket_pages.get("/top")
@public
def top(token: str) -> Response:
    """The top of the page, fetched again and again while it is open."""
    facts = _facts(token, _case(token))
    response = make_response(render_template("ticket_top.html", **facts))
    if facts["top"].final:
        response.headers["X-Live-Stop"] = "1"
    return response


@ticket_pages.get("/conversation")
@public
def conversation(token: str) -> str:
    """The conversation, fetched again and again while the page is open."""
    return render_template("ticket_conversation.html", **_conversation(_case(token)))


@ticket_pages.get("/bought")
@public
def bought(token: str) -> Response:
    """What was bought, asked for by the page until the payment is confirmed."""
    case = _case(token)
    receipt = receipt_of(context(), case.ticket)
    shown = render_template(
        "ticket_receipt.html", receipt=receipt, ticket=case.ticket, token=token, zone=_zone(case.ticket)
    )
    response = make_response(shown)
    if receipt is not None or case.ticket.payment is not Payment.PENDING:
        response.headers["X-Live-Stop"] = "1"
    return response


@ticket_pages.get("/receipt")
@public
def show_receipt(token: str) -> AnyResponse:
    """On to the receipt at Stripe."""
    url = receipt_page(context(), _case(token).ticket)
    if url is None:
        flash(no_receipt(), "warning")
    return redirect(url or f"/t/{token}", 303)


@ticket_pages.post("/reply")
@public
def reply(token: str) -> AnyResponse | tuple[str, int]:
    """The customer writes."""
    ticket = _ticket(token)
    text = request.form.get("text", "")
    if (wrong := too_long(text, LONGEST_TEXT)) is not None:
        return _page(token, {"text": wrong}, text), 422
    try:
        reply_to_ticket(context(), ticket.id, text, _form_token())
    except (TextMissing, TicketMovedOn) as error:
        return _page(token, {"text": words_of(error)}, text), error.status
    flash(_("Sent. We have your message."), "success")
    return redirect(f"/t/{token}#conversation", 303)


def _done(token: str, step: Callable[[Ticket], None], said: str) -> AnyResponse | tuple[str, int]:
    ticket = _ticket(token)
    try:
        step(ticket)
    except TicketMovedOn as error:
        return _page(token, {"": words_of(error)}), error.status
    flash(said, "success")
    return redirect(f"/t/{token}", 303)


@ticket_pages.post("/solved")
@public
def solved(token: str) -> AnyResponse | tuple[str, int]:
    """The customer says that it is solved."""
    return _done(token, lambda ticket: confirm_ticket(context(), ticket.id), _("Thank you. The ticket is closed."))


@ticket_pages.post("/not-solved")
@public
def not_solved(token: str) -> AnyResponse | tuple[str, int]:
    """The customer says that it is not."""
    text, form_token = request.form.get("text", ""), _form_token()
    if (wrong := too_long(text, LONGEST_TEXT)) is not None:
        return _page(token, {"text": wrong}, text), 422
    return _done(
        token,
        lambda ticket: reopen_ticket(context(), ticket.id, text, form_token),
        _("We carry on, at no charge."),
    )


@ticket_pages.post("/cancel")
@public
def cancel(token: str) -> AnyResponse | tuple[str, int]:
    """The customer no longer needs it."""
    return _done(token, lambda ticket: cancel_ticket(context(), ticket.id), _("Your ticket is canceled."))


@ticket_pages.post("/standard")
@public
def go_on(token: str) -> AnyResponse | tuple[str, int]:
    """The customer takes the standard answer after all."""
    return _done(
        token,
        lambda ticket: go_on_without_payment(context(), ticket.id),
        _("Your ticket goes on with the standard answer, free of charge."),
    )


@ticket_pages.post("/use-incident")
@public
def use(token: str) -> AnyResponse | tuple[str, int]:
    """The customer uses an incident that is left. Only a link that came by mail may: nothing else proves the address.

    What was used by a click before is used once: the same click again says the same.
    """
    visit = _acting(token)
    if not visit.proven:
        raise NotFound
    try:
        ticket = use_incident(context(), visit.ticket.id)
    except IncidentNotUsable as error:
        return _page(token, {"": words_of(error)}), error.status
    flash(*_what_became(ticket))
    return redirect(f"/t/{token}", 303)


def _what_became(ticket: Ticket) -> tuple[str, str]:
    """What a customer is told who chose to use an incident: the sentence, and how it looks."""
    if stands_paid(ticket):
        return _("One of your incidents is used for this ticket."), "success"
    if ticket.promise is None:
        return _("We have your choice. This page says in a moment by when a person answers."), "info"
    return _("No incident was used. The page says how your ticket goes on."), "warning"


@ticket_pages.post("/send-held")
@public
def let_go(token: str) -> AnyResponse:
    """The owner of the address asks for the mails that were held back, each with its ticket's link."""
    visit = _acting(token)
    if not visit.proven:
        raise NotFound
    with context().db.transaction() as transaction:
        count = send_held(transaction, visit.ticket.contact_key)
    flash(ngettext("%(num)s mail is on its way.", "%(num)s mails are on their way.", count), "success")
    return redirect(f"/t/{token}", 303)


@ticket_pages.post("/pay")
@public
def pay(token: str) -> AnyResponse:
    """Try the payment (again)."""
    ticket = _ticket(token)
    if not may_be_paid(ticket):
        return redirect(f"/t/{token}", 303)
    url = checkout_url(context(), ticket)
    if url is None:
        flash(_("The payment page still does not answer. We have your message; try again in a moment."), "warning")
    remember_here(ticket)
    return redirect(url or f"/t/{token}", 303)


def _form_token() -> str:
    return request.form.get("form_token", "")[:64] or new_token()


def _acting(token: str) -> Visit:
    """Who sends a form of this page; by a mailed link that proves the address."""
    with counting_guesses(WRONG_LINKS, TicketNotFound), context().db.transaction() as transaction:
        visit = visit_behind(transaction, context().settings, token)
        if visit.proven:
            prove_address(transaction, visit.ticket.contact_key, clock.now())
        return visit


def _ticket(token: str) -> Ticket:
    return _acting(token).ticket


def _case(token: str) -> Case:
    with counting_guesses(WRONG_LINKS, TicketNotFound), context().db.transaction() as transaction:
        return case_of(transaction, visit_behind(transaction, context().settings, token))


def _zone(ticket: Ticket) -> str:
    """The zone of whoever reads; until the browser has told it, the one in which the ticket was opened."""
    return known_zone(request.cookies.get(ZONE_COOKIE)) or ticket.zone


def _facts(token: str, case: Case) -> dict[str, Any]:
    ticket, zone, came_from = case.ticket, _zone(case.ticket), request.args.get("from")
    came_from = came_from if came_from in _CAME_FROM else None
    shown = top_of(case, zone, came_from)
    reasons = ticket.promise.reasons if ticket.promise else ()
    return {
        "token": token,
        "ticket": ticket,
        "top": shown,
        "zone": zone,
        "reasons": reasons_said(reasons if case.proven else told_to_anybody(reasons), zone=zone),
        "form_token": new_token(),
        "price": price_of(context(), ticket.product, ticket.currency) if shown.offers_payment else None,
        "query": f"?from={came_from}" if came_from else "",
    }


def _conversation(case: Case) -> dict[str, Any]:
    zone = _zone(case.ticket)
    return {"messages": shown_messages(case.messages, zone), "ticket": case.ticket, "zone": zone}


def _page(token: str, errors: dict[str, str] | None = None, text: str = "") -> str:
    case = _case(token)
    balance = context().entitlements.balance(case.ticket.contact_email) if case.proven else None
    return render_template(
        "ticket.html",
        **_facts(token, case) | _conversation(case),
        errors=errors or {},
        text=text,
        receipt=receipt_of(context(), case.ticket),
        proven=case.proven,
        held=case.held,
        balance=balance,
        may_use=balance is not None and balance.available > 0 and may_use_incident(case.ticket),
        may_write=case.ticket.state is not State.CANCELED,
    )
