"""Keep, take again, or give back the right to write to a ticket."""

from datetime import datetime

from services.queue.agents.agent import Agent
from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind
from services.queue.drafts import store as drafts
from services.queue.drafts.draft import GIVING_BACK
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import TextMissing, TicketMovedOn
from services.queue.tickets.text import one_line
from services.queue.tickets.ticket import Lease, State, Ticket, may_be_answered, may_be_handed_out
from shared import clock
from shared.audit import Change, agent_actor
from shared.language import N_
from shared.sentences import Sentence


def keep_lease(context: Context, ticket_id: str, lease: Lease) -> datetime:
    """Heartbeat of the desk: the lease runs on; returns until when. Raises LeaseLost."""
    now = clock.now()
    until = now + context.settings.lease
    with context.db.transaction() as session:
        tickets.extend_lease(session, ticket_id, lease, now, until)
    return until


def resume_ticket(context: Context, agent: Agent, ticket_id: str) -> Ticket:
    """A new lease on a ticket that is the agent's own already; one that is running is simply kept.

    Raises TicketMovedOn when it is somebody else's now, waits in the queue for Take next, or has ended.
    """
    now = clock.now()
    with context.db.transaction() as session:
        ticket = tickets.lock(session, ticket_id)
        if ticket.leased_to(agent.id, now):
            return ticket
        if ticket.owner_id != agent.id:
            raise TicketMovedOn(ticket_id, ticket.state, N_("Somebody else has it now, or it waits for Take next."))
        if not may_be_answered(ticket.state):
            raise TicketMovedOn(
                ticket_id, ticket.state, N_("The ticket has ended; the customer reopens it by writing.")
            )
        change = Change(actor=agent_actor(agent.id), action="resumed", why="went on with an own ticket", at=now)
        return tickets.alter(
            session, ticket, change, lease_token=ticket.lease_token + 1, lease_expires_at=now + context.settings.lease
        )


def return_ticket(context: Context, agent: Agent, ticket_id: str, lease: Lease, why: str, form_token: str = "") -> None:
    """Give the ticket back to the queue with a reason that the next agent reads. Raises LeaseLost, TextMissing."""
    why = one_line(why)
    if not why:
        raise TextMissing(N_("Say briefly why you give it back: the next agent reads it."), field="why")
    now = clock.now()
    change = Change(actor=agent_actor(agent.id), action="returned", why=why, at=now)
    with context.db.transaction() as session:
        ticket = tickets.lock_leased(session, ticket_id, lease, now)
        if ticket.state is not State.OPEN:
            raise TicketMovedOn(ticket_id, ticket.state, N_("It is not our turn: there is nothing to hand out."))
        queued = may_be_handed_out(ticket.state, ticket.payment, ticket.promise)
        ticket = tickets.alter(session, ticket, change, owner_id=None, lease_expires_at=None, queued=queued)
        line = Sentence.of("given_back", why=why)
        messages.add(session, ticket, MessageKind.NOTE, line, now, author=agent.name, agent_id=agent.id)
        drafts.close(session, agent.id, ticket.id, GIVING_BACK, form_token, now)
