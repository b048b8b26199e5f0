"""Integrators open a ticket on behalf of a customer."""

from typing import Any

from apiflask import APIBlueprint

from services.queue.intake.open import TicketRequest, open_ticket
from services.queue.intake.schemas import NewTicket
from services.queue.tickets.schemas import Ticket
from services.queue.tickets.ticket import Choice
from services.queue.tickets.view import as_json
from services.queue.web import actor, context, request_token
from shared.limits import Limit
from shared.web.access import allow, limited_by_key
from shared.web.idempotency import idempotent

intake_api = APIBlueprint("intake", __name__, tag="Intake")

TICKETS = Limit(name="tickets_by_key", most=600, within_s=60)
"""An integrator that runs wild, not one that has much to do."""


@intake_api.post("/v1/tickets")
@idempotent
@limited_by_key(TICKETS)
@allow(scope="tickets:write")
@intake_api.input(NewTicket)
@intake_api.output(Ticket, status_code=201)
def create_ticket(json_data: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Open a ticket. Accepted at once; class and due time follow when they are decided."""
    use_credit = json_data.pop("use_credit")
    wanted = TicketRequest(
        **json_data,
        choice=Choice.CREDIT if use_credit else Choice.STANDARD,
        address_proven=use_credit,
        actor=actor(),
        form_token=request_token(),
    )
    ticket = open_ticket(context(), wanted)
    return as_json(ticket), 201, {"Location": f"/v1/tickets/{ticket.id}"}
