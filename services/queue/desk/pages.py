"""The agent's desk: Take next, what is mine, one ticket in the middle.

Each button of the desk sends all that is written on the page, and each door keeps it as a draft before anything else.
"""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, g, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from services.queue.agents.agent import Agent
from services.queue.agents.recognize import recognize_agent
from services.queue.conversation.answer import answer_ticket
from services.queue.conversation.note import note_ticket
from services.queue.desk import store as worklists
from services.queue.desk.form import answer_in, lease_in, ticket_in, token_in, words_in
from services.queue.desk.view import case_of, conversation_of, digest_of, lists_of
from services.queue.drafts.keep import keep_draft
from services.queue.leases import hold
from services.queue.ordering.take_next import take_next
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import LeaseLost, TextMissing, TicketMovedOn
from services.queue.tickets.ticket import Step
from services.queue.tickets.words import state_words
from services.queue.web import context
from shared.errors import ServiceError
from shared.identity import Caller
from shared.ids import new_token
from shared.language import gettext as _
from shared.web.access import current_caller, staff
from shared.web.pagination import PAGE_SIZE, decode_cursor, encode_cursor
from shared.web.problems import words_of

desk = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates")

LOOKS = ("agent", "senior", "supervisor")
ANSWERS = ("agent", "senior")

_DONE = (*Step, "note")
"""What a page may confirm, beside what was done."""


def _caller() -> Caller:
    caller = current_caller()
    if caller is None:
        raise Forbidden
    return caller


def _agent() -> Agent:
    """Who works here; looked up once for each request."""
    if "agent" not in g:
        g.agent = recognize_agent(context(), _caller())
    found: Agent = g.agent
    return found


def _keep(ticket_id: str) -> str:
    """Keep all that is written on the page, whatever becomes of the button; returns the page's token."""
    token = token_in(request.form)
    keep_draft(context(), _agent(), ticket_id, words_in(request.form), token)
    return token


@desk.get("")
@staff(*LOOKS)
def empty() -> str:
    """The desk with nothing in the middle."""
    return _page(None)


@desk.get("/lists")
@staff(*LOOKS)
def lists() -> Response:
    """The left column, fetched again and again while the desk is open."""
    agent, known, current = _agent(), context().entitlements.classes(), request.args.get("current")
    with context().db.transaction() as transaction:
        shown = lists_of(transaction, agent, known, may_take=_may_take())
    return _unless_known(digest_of(shown, current), "desk_lists.html", **shown, current=current)


@desk.get("/mine")
@staff(*ANSWERS)
def mine() -> str:
    """All own tickets that wait for the customer, a page at a time."""
    place = decode_cursor(request.args.get("cursor"), 2)
    after = (datetime.fromisoformat(str(place[0])), str(place[1])) if place else None
    with context().db.transaction() as transaction:
        found = worklists.their_turn(transaction, _agent().id, PAGE_SIZE, after)
    last = found.tickets[-1] if found.more else None
    following = encode_cursor(last.promise.respond_by.isoformat(), last.id) if last and last.promise else None
    return render_template("desk_mine.html", tickets=found.tickets, following=following, state_words=state_words())


@desk.get("/tickets/<ticket_id>")
@staff(*LOOKS)
def show(ticket_id: str) -> str:
    """The desk with this ticket in the middle."""
    return _page(ticket_id)


@desk.get("/tickets/<ticket_id>/conversation")
@staff(*LOOKS)
def conversation(ticket_id: str) -> Response:
    """The conversation, fetched again and again while the ticket is open on the desk."""
    with context().db.transaction() as transaction:
        shown = conversation_of(transaction, tickets.find(transaction, ticket_id))
    return _unless_known(digest_of(*(said.id for said in shown["messages"])), "desk_conversation.html", **shown)


@desk.post("/take")
@staff(*ANSWERS)
def take() -> AnyResponse:
    """Take next."""
    open_ticket = ticket_in(request.form)
    token = _keep(open_ticket) if open_ticket else token_in(request.form)
    ticket = take_next(context(), _agent(), token)
    if ticket is None:
        flash(_("No ticket waits for you in the queue just now."), "info")
        return redirect("/desk", 303)
    return redirect(f"/desk/tickets/{ticket.id}", 303)


@desk.post("/tickets/<ticket_id>/draft")
@staff(*LOOKS)
def draft(ticket_id: str) -> tuple[str, int]:
    """Keep what is being written; the desk sends it while people type."""
    _keep(ticket_id)
    return "", 204


@desk.post("/tickets/<ticket_id>/resume")
@staff(*ANSWERS)
def resume(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Go on with a ticket that is one's own; a text that lost its lease stands in the answer again."""
    _keep(ticket_id)
    try:
        hold.resume_ticket(context(), _agent(), ticket_id)
    except TicketMovedOn as error:
        return _refused(ticket_id, error)
    return redirect(f"/desk/tickets/{ticket_id}#field-text", 303)


@desk.post("/tickets/<ticket_id>/heartbeat")
@staff(*ANSWERS)
def heartbeat(ticket_id: str) -> Response:
    """The desk is still open on this ticket: its lease runs on."""
    until = hold.keep_lease(context(), ticket_id, lease_in(request.form, _agent()))
    return jsonify(lease_expires_at=until.isoformat())


@desk.post("/tickets/<ticket_id>/answer")
@staff(*ANSWERS)
def answer(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Write to the customer."""
    written = answer_in(request.form, _agent(), _keep(ticket_id))
    try:
        answer_ticket(context(), _agent(), ticket_id, written)
    except (LeaseLost, TextMissing, TicketMovedOn) as error:
        return _refused(ticket_id, error)
    return redirect(f"/desk/tickets/{ticket_id}?done={written.step}#newest", 303)


@desk.post("/tickets/<ticket_id>/note")
@staff(*LOOKS)
def note(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Leave a note for colleagues."""
    token = _keep(ticket_id)
    try:
        note_ticket(context(), _agent(), ticket_id, request.form.get("note", ""), token)
    except TextMissing as error:
        return _refused(ticket_id, error)
    return redirect(f"/desk/tickets/{ticket_id}?done=note#field-note", 303)


@desk.post("/tickets/<ticket_id>/return")
@staff(*ANSWERS)
def give_back(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Give the ticket back to the queue."""
    token, why = _keep(ticket_id), request.form.get("why", "")
    try:
        hold.return_ticket(context(), _agent(), ticket_id, lease_in(request.form, _agent()), why, token)
    except (LeaseLost, TextMissing, TicketMovedOn) as error:
        return _refused(ticket_id, error)
    flash(_("Given back. Somebody else takes it next."))
    return redirect("/desk", 303)


@desk.get("/desk.js")
@staff(*LOOKS)
def script() -> Response:
    """The desk's own script."""
    response = make_response(render_template("desk.js"))
    response.mimetype = "text/javascript"
    return response


def _unless_known(digest: str, template: str, **shown: Any) -> Response:
    """The fragment, or 304 where the page has it already; then it is not even drawn."""
    if digest in request.if_none_match:
        response = Response(status=304)
    else:
        response = make_response(render_template(template, **shown))
    response.set_etag(digest)
    return response


def _refused(ticket_id: str, error: ServiceError) -> tuple[str, int]:
    """The same page with what was written, and what to do."""
    told = {"title": _(error.title), "words": words_of(error), "field": error.field}
    return _page(ticket_id, error=told, written=words_in(request.form)), error.status


def _may_take() -> bool:
    return bool(_caller().roles & set(ANSWERS))


def _page(ticket_id: str | None, *, error: dict[str, Any] | None = None, written: dict[str, str] | None = None) -> str:
    """The desk, read in one transaction; what the peers say of it is asked outside."""
    agent, known, case = _agent(), context().entitlements.classes(), {}
    with context().db.transaction() as transaction:
        if ticket_id is not None:
            case = case_of(transaction, tickets.find(transaction, ticket_id), agent)
        shown = lists_of(transaction, agent, known, may_take=_may_take())
    if case:
        case["balance"] = context().entitlements.balance(case["ticket"].contact_email)
        case["words"] = vars(case["draft"]) | (written or {})
    done = request.args.get("done")
    return render_template(
        "desk.html",
        **shown,
        **case,
        current=ticket_id,
        form_token=new_token(),
        error=error,
        done=done if done in _DONE else None,
    )
