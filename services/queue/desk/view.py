"""What the desk shows: counts and lists at the left, the case in the middle, its promise and history at the right."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from services.queue.agents import store as agents
from services.queue.agents.agent import Agent
from services.queue.classes.response_class import ClassTarget, class_named
from services.queue.conversation import store as messages
from services.queue.conversation.view import shown
from services.queue.desk import store as worklists
from services.queue.drafts import store as drafts
from services.queue.ordering import store as queue_order
from services.queue.ordering.ordering import lanes
from services.queue.ordering.store import WaitingClass
from services.queue.tickets.reasons import reasons_said
from services.queue.tickets.ticket import Ticket, may_be_answered
from services.queue.tickets.words import state_words
from shared import clock, formats
from shared.reader import reader

LISTED = 50
LISTED_OF_CUSTOMERS = 15
"""So many stand at the left; the rest has a page of its own."""
_HISTORY = 10


@dataclass(frozen=True, kw_only=True)
class WaitingCount:
    """How many tickets of a class wait; `more`: at least so many."""

    name: str
    rank: int
    count: int
    more: bool = False


def counts_shown(waiting: Iterable[WaitingClass], known: Sequence[ClassTarget]) -> list[WaitingCount]:
    """The counts of the desk, the best class first: what waits, and each class of the policy of which nothing waits.

    The policy says the words; a class that it does not know (any more) is shown by its id.
    """
    language, found = reader().language, {}
    for policy in known:
        its_class = policy.response_class
        found[its_class.id] = WaitingCount(name=its_class.name(language), rank=its_class.rank, count=0)
    for one in waiting:
        target = class_named(known, one.class_id)
        name = target.response_class.name(language) if target else one.class_id
        found[one.class_id] = WaitingCount(name=name, rank=one.rank, count=one.count, more=one.more)
    return sorted(found.values(), key=lambda count: -count.rank)


def lists_of(session: Session, agent: Agent, known: Sequence[ClassTarget], *, may_take: bool) -> dict[str, Any]:
    """How much waits, and what this agent has: ours to answer, the customer's turn, what came back unsolved."""
    waiting = queue_order.waiting_by_class(session, clock.now())
    takable = [one for one in waiting if one.taken_by in lanes(agent.tier)]
    ours = worklists.our_turn(session, agent.id, LISTED)
    theirs = worklists.their_turn(session, agent.id, LISTED_OF_CUSTOMERS)
    return {
        "agent": agent,
        "may_take": may_take,
        "waiting": counts_shown(waiting, known),
        "for_me": sum(one.count for one in takable) if may_take else 0,
        "own_first": ours.tickets[0] if ours.tickets else None,
        "came_back": [ticket for ticket in ours.tickets if ticket.resolved_at is not None],
        "waiting_for_us": [ticket for ticket in ours.tickets if ticket.resolved_at is None],
        "waiting_for_customer": theirs.tickets,
        "more_of_ours": ours.more,
        "more_of_customers": theirs.more,
    }


def conversation_of(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What was said about the ticket in the middle, with the notes."""
    said = messages.of_ticket(session, ticket.id, with_notes=True)
    return {"ticket": ticket, "messages": shown(said, reader().zone, inside=True)}


def case_of(session: Session, ticket: Ticket, agent: Agent) -> dict[str, Any]:
    """The ticket in the middle, what stands beside it, what this agent was writing, and what they may do."""
    now = clock.now()
    history = worklists.of_contact(session, ticket.contact_key, _HISTORY + 1)
    mine = ticket.owner_id == agent.id
    return conversation_of(session, ticket) | {
        "customer_zone": ticket.zone,
        "state_words": state_words(),
        "reasons": reasons_said(ticket.promise.reasons, inside=True) if ticket.promise else (),
        "owner": agent if mine else agents.find(session, ticket.owner_id),
        "mine": mine,
        "leased": ticket.leased(now),
        "writing": ticket.leased_to(agent.id, now) and may_be_answered(ticket.state),
        "may_resume": mine and not ticket.leased(now) and may_be_answered(ticket.state),
        "draft": drafts.find(session, agent.id, ticket.id),
        "history": [other for other in history if other.id != ticket.id][:_HISTORY],
    }


def digest_of(*facts: object) -> str:
    """The same for the same facts and the same reader: a page that looks again is told that nothing has changed."""
    known = (*facts, reader(), formats.day(clock.now()))  # "today" is another day after midnight
    return hashlib.blake2b(repr(known).encode(), digest_size=12).hexdigest()
