"""Tickets, as integrators and other services read them."""

from typing import Any

from apiflask import APIBlueprint

from services.queue.tickets import store as tickets
from services.queue.tickets.schemas import Ticket, TicketPage, TicketQuery
from services.queue.tickets.ticket import State
from services.queue.tickets.view import as_json
from services.queue.web import context
from shared.web.access import allow
from shared.web.pagination import decode_cursor, encode_cursor

tickets_api = APIBlueprint("tickets", __name__, tag="Tickets")

_STAFF = ("agent", "senior", "supervisor")


@tickets_api.get("/v1/tickets")
@allow(staff=_STAFF, scope="tickets:read")
@tickets_api.input(TicketQuery, location="query")
@tickets_api.output(TicketPage)
def list_tickets(query_data: dict[str, Any]) -> dict[str, Any]:
    """All tickets, the newest first."""
    position = decode_cursor(query_data["cursor"], 1)
    after = str(position[0]) if position else None
    limit, state = query_data["limit"], query_data["state"]
    with context().db.transaction() as session:
        found = tickets.page(session, after, limit + 1, State(state) if state else None)
    shown = found[:limit]
    more = len(found) > limit
    return {
        "items": [as_json(ticket) for ticket in shown],
        "next_cursor": encode_cursor(shown[-1].id) if more else None,
    }


@tickets_api.get("/v1/tickets/<ticket_id>")
@allow(services=("billing",), staff=_STAFF, scope="tickets:read")
@tickets_api.output(Ticket)
def show_ticket(ticket_id: str) -> dict[str, Any]:
    """One ticket."""
    with context().db.transaction() as session:
        return as_json(tickets.find(session, ticket_id))
