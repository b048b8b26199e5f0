"""The HTTP API of the queue: what integrators send and other services ask."""

from typing import Any

from apiflask import APIBlueprint
from flask import request
from werkzeug.exceptions import Unauthorized

from services.queue.domain.tickets import State, Ticket, Wish
from services.queue.store import tickets, worklists
from services.queue.use_cases.open_ticket import Opening, open_ticket
from services.queue.use_cases.reply_to_ticket import reply_to_ticket
from services.queue.web import context, schemas
from shared.web.access import allow, current_caller
from shared.web.idempotency import HEADER, idempotent
from shared.web.pagination import decode_cursor, encode_cursor

api = APIBlueprint("api", __name__, tag="Queue")

_STAFF = ("agent", "senior", "supervisor")


def as_json(ticket: Ticket) -> dict[str, Any]:
    """A ticket in the shape of schemas.Ticket. No link: it goes to the customer's own address only."""
    promise = ticket.promise
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "state": ticket.state.value,
        "payment": ticket.payment.value,
        "response_class": promise.response_class.value if promise else None,
        "respond_by": promise.respond_by if promise else None,
        "target_minutes": promise.target_minutes if promise else None,
        "reasons": promise.reasons if promise else (),
        "opened_at": ticket.opened_at,
        "first_responded_at": ticket.first_responded_at,
        "minutes_to_first_response": ticket.minutes_to_first_response,
    }


def _actor() -> str:
    caller = current_caller()
    if caller is None:
        raise Unauthorized
    return caller.subject


def _form_token() -> str:
    """The request's own key, so that a second run after a crash finds what the first one stored."""
    return f"{_actor()}:{request.headers[HEADER]}"


@api.post("/v1/tickets")
@idempotent
@allow(api_keys=True)
@api.input(schemas.NewTicket)
@api.output(schemas.Ticket, status_code=201)
def create_ticket(json_data: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Open a ticket. Accepted at once; class and due time follow when they are decided."""
    use_credit = json_data.pop("use_credit")
    opening = Opening(
        **json_data,
        wish=Wish.CREDIT if use_credit else Wish.STANDARD,
        address_proven=use_credit,
        actor=_actor(),
        form_token=_form_token(),
    )
    ticket = open_ticket(context(), opening)
    return as_json(ticket), 201, {"Location": f"/v1/tickets/{ticket.id}"}


@api.get("/v1/tickets")
@allow(staff=_STAFF, api_keys=True)
@api.input(schemas.TicketQuery, location="query")
@api.output(schemas.TicketPage)
def list_tickets(query_data: dict[str, Any]) -> dict[str, Any]:
    """All tickets, the newest first."""
    position = decode_cursor(query_data["cursor"], 1)
    after = str(position[0]) if position else None
    limit, state = query_data["limit"], query_data["state"]
    with context().db.transaction() as session:
        found = worklists.page(session, after, limit + 1, State(state) if state else None)
    shown = found[:limit]
    more = len(found) > limit
    return {
        "items": [as_json(ticket) for ticket in shown],
        "next_cursor": encode_cursor(shown[-1].id) if more else None,
    }


@api.get("/v1/tickets/<ticket_id>")
@allow(services=("billing",), staff=_STAFF, api_keys=True)
@api.output(schemas.Ticket)
def show_ticket(ticket_id: str) -> dict[str, Any]:
    """One ticket."""
    with context().db.transaction() as session:
        return as_json(tickets.find(session, ticket_id))


@api.post("/v1/tickets/<ticket_id>/messages")
@idempotent
@allow(api_keys=True)
@api.input(schemas.NewMessage)
@api.output(schemas.MessageTaken, status_code=201)
def add_message(ticket_id: str, json_data: dict[str, Any]) -> dict[str, Any]:
    """Add what the customer says; a ticket that was called solved comes back."""
    message_id = reply_to_ticket(context(), ticket_id, json_data["text"], _form_token(), _actor())
    with context().db.transaction() as session:
        return {"message_id": message_id, "ticket_id": ticket_id, "state": tickets.find(session, ticket_id).state.value}
