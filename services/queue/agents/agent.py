"""Who works here, as far as the queue cares."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """What an agent may take."""

    SENIOR = "senior"
    """Paid tickets first, standard ones when none waits."""
    REGULAR = "regular"
    """Standard tickets."""


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Somebody who answers tickets. `name` is what the customer reads."""

    id: str
    name: str
    tier: Tier


def tier_of(roles: AbstractSet[str]) -> Tier:
    """The tier that the roles of a sign-in give."""
    return Tier.SENIOR if "senior" in roles else Tier.REGULAR
