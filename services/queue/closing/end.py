"""The customer ends a ticket: says that it is solved, or that an answer is no longer needed."""

from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.record_first_response import record_first_response
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import TicketMovedOn
from services.queue.tickets.ticket import State
from shared import clock, outbox
from shared.audit import CUSTOMER, Change
from shared.language import N_
from shared.sentences import Sentence


def confirm_ticket(context: Context, ticket_id: str) -> None:
    """Solved: the ticket is closed. Confirmed already: nothing changes. Raises TicketMovedOn when it is not resolved.

    Whoever confirms has read the answer: where its mail is still waiting, this is the first response on record.
    """
    now = clock.now()
    change = Change(actor=CUSTOMER, action="confirmed", why="the customer says that it is solved", at=now)
    with context.db.transaction() as session:
        ticket = tickets.lock(session, ticket_id)
        if ticket.state is State.CLOSED:
            return
        if ticket.state is not State.RESOLVED:
            raise TicketMovedOn(ticket_id, ticket.state, N_("We are working on it again: this page shows more."))
        ticket = record_first_response(session, ticket, change)
        ticket = tickets.alter(session, ticket, change, state=State.CLOSED.value, ended_at=now, lease_expires_at=None)
        messages.add_line(session, ticket, Sentence.of("solved"), now)
        body = {"ticket_id": ticket.id, "outcome": "confirmed", "closed_at": now}
        outbox.publish(session, "queue.ticket.closed.v1", body, to="entitlements")


def cancel_ticket(context: Context, ticket_id: str) -> None:
    """No longer needed: possible as long as nobody has answered; an incident that was held for it comes back.

    Canceled already: nothing changes. Raises TicketMovedOn once there is an answer.
    """
    now = clock.now()
    change = Change(actor=CUSTOMER, action="canceled", why="the customer no longer needs it", at=now)
    with context.db.transaction() as session:
        ticket = tickets.lock(session, ticket_id)
        if ticket.state is State.CANCELED:
            return
        if ticket.state is not State.OPEN or messages.was_answered(session, ticket_id):
            raise TicketMovedOn(ticket_id, ticket.state, N_("It has just been answered: read the answer first."))
        ticket = tickets.alter(
            session, ticket, change, state=State.CANCELED.value, ended_at=now, queued=False, lease_expires_at=None
        )
        messages.add_line(session, ticket, Sentence.of("canceled"), now)
        body = {"ticket_id": ticket.id, "outcome": "canceled", "closed_at": now}
        outbox.publish(session, "queue.ticket.closed.v1", body, to="entitlements")
