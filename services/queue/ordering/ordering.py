"""Which ticket comes next for an agent: the one rule that Take next and the simulation share.

A tier takes from its lanes in order. Within a lane the highest rank comes first, then the earliest due time, then the
older ticket. Seniors take what only seniors take before they help with the rest; regular agents take what everybody
takes. The overflow to regular agents near the due time needs to know which senior is free: it comes with presence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.queue.agents.agent import Tier
from services.queue.classes.response_class import TakenBy

_LANES: dict[Tier, tuple[TakenBy, ...]] = {
    Tier.SENIOR: (TakenBy.SENIOR, TakenBy.EVERYBODY),
    Tier.REGULAR: (TakenBy.EVERYBODY,),
}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A ticket that nobody has, as far as the order cares."""

    ticket_id: str
    taken_by: TakenBy
    rank: int
    respond_by: datetime


def lanes(tier: Tier) -> tuple[TakenBy, ...]:
    """What a tier takes, the first lane first."""
    return _LANES[tier]


def next_for(tier: Tier, waiting: Iterable[Waiting]) -> Waiting | None:
    """The ticket that an agent of this tier gets, or None when there is nothing for them."""
    order = {taken_by: place for place, taken_by in enumerate(lanes(tier))}
    takable = (ticket for ticket in waiting if ticket.taken_by in order)
    return min(
        takable,
        key=lambda ticket: (order[ticket.taken_by], -ticket.rank, ticket.respond_by, ticket.ticket_id),
        default=None,
    )
