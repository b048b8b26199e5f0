"""The credit ledger: what each kind of entry does to the balances of a grant."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EntryKind(StrEnum):
    """What happens to credits. Each entry moves them between balances; entries are never changed."""

    GRANT = "grant"
    """Bought or given: available."""
    HOLD = "hold"
    """Reserved when a ticket is decided premium."""
    CONSUME = "consume"
    """Used, when a person has answered."""
    RELEASE = "release"
    """Given back unused, when the ticket ends without an answer."""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """How one credit moves: change of available, held and consumed."""

    available: int
    held: int
    consumed: int


MOVEMENTS: dict[EntryKind, Movement] = {
    EntryKind.GRANT: Movement(available=1, held=0, consumed=0),
    EntryKind.HOLD: Movement(available=-1, held=1, consumed=0),
    EntryKind.CONSUME: Movement(available=0, held=-1, consumed=1),
    EntryKind.RELEASE: Movement(available=1, held=-1, consumed=0),
}
"""For each credit of an entry. A GRANT adds to what was granted; all other kinds sum to zero."""


@dataclass(frozen=True, kw_only=True)
class GrantFact:
    """A grant as a decision sees it. `ticket_id` is the ticket that it was bought for, if any."""

    grant_id: str
    ticket_id: str | None
    available: int
    granted_at: datetime
    expires_at: datetime | None
