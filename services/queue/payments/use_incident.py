"""Use an incident that was bought before for a ticket that stands: its customer, whose address is proven, chose so."""

from services.queue.context import Context
from services.queue.decisions.decide import ASKED_BY_FORM, decide_at_once
from services.queue.decisions.store import WORK
from services.queue.payments.errors import IncidentNotUsable
from services.queue.payments.payment import may_use_incident, stands_paid
from services.queue.tickets import store as tickets
from services.queue.tickets.ticket import Ticket
from shared import clock
from shared.audit import CUSTOMER, Change


def use_incident(context: Context, ticket_id: str) -> Ticket:
    """The ticket, with the promise that an incident of its address gives, if one is left and entitlements says so now.

    The choice is committed first: where entitlements does not answer, a job asks until it does. Chosen already, or
    paid meanwhile: no second one is used. The caller has seen the proof of the address. Raises IncidentNotUsable.
    """
    change = Change(actor=CUSTOMER, action="incident_chosen", why="chose to use an incident", at=clock.now())
    with context.db.transaction() as session:
        ticket = tickets.lock(session, ticket_id)
        if stands_paid(ticket):
            return ticket
        if not may_use_incident(ticket):
            raise IncidentNotUsable(ticket_id)
        if not ticket.requester_verified:
            ticket = tickets.alter(session, ticket, change, requester_verified=True)
        WORK.schedule(session, ticket.id, ASKED_BY_FORM)
    return decide_at_once(context, ticket)
