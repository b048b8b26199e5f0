"""The agent's desk: Take next, what is mine, one ticket in the middle."""

from typing import Any

from flask import Blueprint, Response, flash, g, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from services.queue.agents.agent import Agent
from services.queue.agents.recognize import recognize_agent
from services.queue.conversation.answer import Answer, answer_ticket
from services.queue.conversation.note import note_ticket
from services.queue.desk.view import case_of, conversation_of, lists_of
from services.queue.leases import hold
from services.queue.ordering.take_next import take_next
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import LeaseLost, TextMissing, TicketMovedOn
from services.queue.tickets.ticket import Lease, Step
from services.queue.web import context
from shared.errors import ServiceError
from shared.identity import Caller
from shared.ids import new_token
from shared.web.access import current_caller, staff

desk = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates")

LOOKS = ("agent", "senior", "supervisor")
ANSWERS = ("agent", "senior")

_LONGEST_NUMBER = 18


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


def _lease() -> Lease:
    token = request.form.get("lease_token", "")
    plain = token.isdecimal() and len(token) <= _LONGEST_NUMBER
    return Lease(agent_id=_agent().id, token=int(token) if plain else -1)


def _text(name: str) -> str:
    return request.form.get(name, "")


def _form_token() -> str:
    return request.form.get("form_token", "")[:64] or new_token()


@desk.get("")
@staff(*LOOKS)
def empty() -> str:
    """The desk with nothing in the middle."""
    return _page(None)


@desk.get("/lists")
@staff(*LOOKS)
def lists() -> str:
    """The left column, fetched again and again while the desk is open."""
    agent, known = _agent(), context().entitlements.classes()
    with context().db.transaction() as transaction:
        shown = lists_of(transaction, agent, known, may_take=_may_take())
    return render_template("desk_lists.html", **shown, current=request.args.get("current"))


@desk.get("/tickets/<ticket_id>")
@staff(*LOOKS)
def show(ticket_id: str) -> str:
    """The desk with this ticket in the middle."""
    return _page(ticket_id)


@desk.get("/tickets/<ticket_id>/conversation")
@staff(*LOOKS)
def conversation(ticket_id: str) -> str:
    """The conversation, fetched again and again while the ticket is open on the desk."""
    with context().db.transaction() as transaction:
        shown = conversation_of(transaction, tickets.find(transaction, ticket_id))
    return render_template("desk_conversation.html", **shown)


@desk.post("/take")
@staff(*ANSWERS)
def take() -> AnyResponse:
    """Take next."""
    ticket = take_next(context(), _agent(), _form_token())
    if ticket is None:
        flash("Nothing waits for you. New tickets appear at the left by themselves.", "info")
        return redirect("/desk", 303)
    return redirect(f"/desk/tickets/{ticket.id}", 303)


@desk.post("/tickets/<ticket_id>/resume")
@staff(*ANSWERS)
def resume(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Go on with a ticket that is one's own; a text that lost its lease comes along."""
    try:
        hold.resume_ticket(context(), _agent(), ticket_id)
    except TicketMovedOn as error:
        return _refused(ticket_id, error)
    if _text("text"):
        return _page(ticket_id, text=_text("text"), restated=_text("restated")), 200
    return redirect(f"/desk/tickets/{ticket_id}", 303)


@desk.post("/tickets/<ticket_id>/heartbeat")
@staff(*ANSWERS)
def heartbeat(ticket_id: str) -> Response:
    """The desk is still open on this ticket: its lease runs on."""
    until = hold.keep_lease(context(), ticket_id, _lease())
    return jsonify(lease_expires_at=until.isoformat())


@desk.post("/tickets/<ticket_id>/answer")
@staff(*ANSWERS)
def answer(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Write to the customer."""
    wanted = request.form.get("step", "")
    step = Step(wanted) if wanted in set(Step) else Step.ANSWER
    written = Answer(
        step=step,
        text=_text("text"),
        restated=_text("restated"),
        lease=_lease(),
        form_token=_form_token(),
    )
    try:
        answer_ticket(context(), _agent(), ticket_id, written)
    except (LeaseLost, TextMissing, TicketMovedOn) as error:
        return _refused(ticket_id, error)
    flash({Step.ANSWER: "Answer sent.", Step.ASK_BACK: "Question sent.", Step.RESOLVE: "Sent: is it solved?"}[step])
    return redirect("/desk", 303)


@desk.post("/tickets/<ticket_id>/note")
@staff(*LOOKS)
def note(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Leave a note for colleagues."""
    try:
        note_ticket(context(), _agent(), ticket_id, _text("note"), _form_token())
    except TextMissing as error:
        return _refused(ticket_id, error)
    return redirect(f"/desk/tickets/{ticket_id}", 303)


@desk.post("/tickets/<ticket_id>/return")
@staff(*ANSWERS)
def give_back(ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Give the ticket back to the queue."""
    try:
        hold.return_ticket(context(), _agent(), ticket_id, _lease(), _text("why"))
    except (LeaseLost, TextMissing, TicketMovedOn) as error:
        return _refused(ticket_id, error)
    flash("Given back. Somebody else takes it next.")
    return redirect("/desk", 303)


@desk.get("/heartbeat.js")
@staff(*LOOKS)
def script() -> Response:
    """The desk's own small script."""
    response = make_response(render_template("heartbeat.js"))
    response.mimetype = "text/javascript"
    return response


def _refused(ticket_id: str, error: ServiceError) -> tuple[str, int]:
    """The same page with what was written, and what to do."""
    page = _page(
        ticket_id,
        error=error,
        text=_text("text"),
        restated=_text("restated"),
        note=_text("note"),
        why=_text("why"),
    )
    return page, error.status


def _may_take() -> bool:
    return bool(_caller().roles & set(ANSWERS))


def _page(ticket_id: str | None, **kept: Any) -> str:
    """The desk, read in one transaction; what the peers say of it is asked outside."""
    agent, known, case = _agent(), context().entitlements.classes(), {}
    with context().db.transaction() as transaction:
        if ticket_id is not None:
            case = case_of(transaction, tickets.find(transaction, ticket_id), agent)
        shown = lists_of(transaction, agent, known, may_take=_may_take())
    if case:
        case["balance"] = context().entitlements.balance(case["ticket"].contact_email)
    return render_template("desk.html", **shown, **case, current=ticket_id, form_token=new_token(), kept=kept)
