"""What the desk shows: counts and lists at the left, the case in the middle, its promise and history at the right."""

from typing import Any

from services.queue.agents import store as agents
from services.queue.agents.agent import Agent
from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.desk import store as worklists
from services.queue.ordering import store as queue_order
from services.queue.ordering.ordering import lanes
from services.queue.tickets import store as tickets
from services.queue.tickets.promise import ResponseClass
from services.queue.tickets.ticket import State, Ticket, may_be_answered
from shared import clock

_HISTORY = 10


def find(context: Context, ticket_id: str) -> Ticket:
    """The ticket. Raises TicketNotFound."""
    with context.db.transaction() as session:
        return tickets.find(session, ticket_id)


def lists_of(context: Context, agent: Agent, *, may_take: bool) -> dict[str, Any]:
    """How much waits, and what this agent has: ours to answer, the customer's turn, what came back unsolved."""
    with context.db.transaction() as session:
        waiting = queue_order.waiting_by_class(session, clock.now())
        own = worklists.owned_by(session, agent.id)
    ours = [ticket for ticket in own if ticket.state is State.OPEN]
    return {
        "agent": agent,
        "may_take": may_take,
        "waiting": {response_class.value: count for response_class, count in waiting.items()},
        "for_me": sum(waiting[response_class] for response_class in lanes(agent.tier)),
        "counted_to": queue_order.COUNTED_TO,
        "classes": [response_class.value for response_class in ResponseClass],
        "came_back": [ticket for ticket in ours if ticket.resolved_at is not None],
        "waiting_for_us": [ticket for ticket in ours if ticket.resolved_at is None],
        "waiting_for_customer": [ticket for ticket in own if ticket.state is not State.OPEN],
    }


def case_of(context: Context, ticket: Ticket, agent: Agent | None = None) -> dict[str, Any]:
    """The ticket in the middle. With `agent`: also what stands beside it, and what this agent may do."""
    now = clock.now()
    with context.db.transaction() as session:
        case: dict[str, Any] = {
            "ticket": ticket,
            "messages": messages.of_ticket(session, ticket.id, with_notes=True),
            "customer_zone": ticket.zone,
        }
        if agent is None:
            return case
        owner = agents.find(session, ticket.owner_id)
        history = worklists.of_contact(session, ticket.contact_key, _HISTORY + 1)
    mine = ticket.owner_id == agent.id
    return case | {
        "owner": owner,
        "mine": mine,
        "leased": ticket.leased(now),
        "writing": ticket.leased_to(agent.id, now) and may_be_answered(ticket.state),
        "may_resume": mine and not ticket.leased(now) and may_be_answered(ticket.state),
        "history": [other for other in history if other.id != ticket.id][:_HISTORY],
        "balance": context.entitlements.balance(ticket.contact_email),
    }
