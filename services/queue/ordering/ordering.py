"""Which ticket comes next for an agent: the one rule that Take next and the simulation share.

A tier takes from its lanes in order; within a lane the earliest due time comes first, then the older ticket.
Seniors take premium before standard and help with standard when no premium waits; regular agents take standard.
The overflow of premium to regular agents near the due time needs to know which senior is free: it comes with presence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.queue.agents.agent import Tier
from services.queue.tickets.promise import ResponseClass

_LANES: dict[Tier, tuple[ResponseClass, ...]] = {
    Tier.SENIOR: (ResponseClass.PREMIUM, ResponseClass.STANDARD),
    Tier.REGULAR: (ResponseClass.STANDARD,),
}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A ticket that nobody has, as far as the order cares."""

    ticket_id: str
    response_class: ResponseClass
    respond_by: datetime


def lanes(tier: Tier) -> tuple[ResponseClass, ...]:
    """The classes that a tier takes, the first one first."""
    return _LANES[tier]


def next_for(tier: Tier, waiting: Iterable[Waiting]) -> Waiting | None:
    """The ticket that an agent of this tier gets, or None when there is nothing for them."""
    order = {response_class: place for place, response_class in enumerate(lanes(tier))}
    takable = (ticket for ticket in waiting if ticket.response_class in order)
    return min(
        takable, key=lambda ticket: (order[ticket.response_class], ticket.respond_by, ticket.ticket_id), default=None
    )
