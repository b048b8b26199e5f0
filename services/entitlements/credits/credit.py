"""The credit ledger: what each kind of entry does to the counters of a grant."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EntryKind(StrEnum):
    """What happens to credits. Each entry moves them between counters; entries are never changed."""

    GRANT = "grant"
    """Bought or given: available."""
    HOLD = "hold"
    """Reserved when a ticket is decided."""
    CONSUME = "consume"
    """Used, when a person has answered."""
    RELEASE = "release"
    """Given back unused, when the ticket ends without an answer or something better pays for it."""
    RESTORE = "restore"
    """Given back after use."""
    REVOKE = "revoke"
    """Taken back, because its payment was."""
    EXPIRE = "expire"
    """Lapsed unused."""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """How one credit moves: the change of each counter of its grant."""

    granted: int = 0
    available: int = 0
    held: int = 0
    consumed: int = 0
    expired: int = 0
    revoked: int = 0


MOVEMENTS: dict[EntryKind, Movement] = {
    EntryKind.GRANT: Movement(granted=1, available=1),
    EntryKind.HOLD: Movement(available=-1, held=1),
    EntryKind.CONSUME: Movement(held=-1, consumed=1),
    EntryKind.RELEASE: Movement(held=-1, available=1),
    EntryKind.RESTORE: Movement(consumed=-1, available=1),
    EntryKind.REVOKE: Movement(available=-1, revoked=1),
    EntryKind.EXPIRE: Movement(available=-1, expired=1),
}
"""For each credit of an entry. What is granted is always the sum of the other counters."""


class SourceKind(StrEnum):
    """Where a grant comes from; each source gives one grant."""

    ORDER = "order"
    """A settled order of billing; the id is the order's."""


class GrantKind(StrEnum):
    """Whether money stands behind a grant."""

    PAID = "paid"
    """A customer has paid for it."""


@dataclass(frozen=True, kw_only=True)
class NewGrant:
    """Credits to be granted. One of them buys `response_class`, whose rank is `rank` now.

    `ticket_id` is the ticket that they are bought for, if any.
    """

    account_id: str
    source_kind: SourceKind
    source_id: str
    kind: GrantKind
    response_class: str
    rank: int
    ticket_id: str | None
    amount: int
    granted_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class GrantFact:
    """A grant as a decision sees it. `ticket_id` is the ticket that it was bought for, if any."""

    grant_id: str
    response_class: str
    rank: int
    ticket_id: str | None
    available: int
    granted_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Purse:
    """What a ticket could be paid with: the grants of its requester's account, and those that were bought for it.

    `ticket_is_known`: somebody has asked about the ticket, or bought for it.
    """

    account_id: str | None
    grants: tuple[GrantFact, ...]
    ticket_is_known: bool


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A credit that has moved: the entry, and the grant that it belongs to."""

    entry_id: str
    grant_id: str
    account_id: str
    source_kind: str
    source_id: str


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The incident credits of an address's account; without an account there are none."""

    account_id: str | None
    available: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of the ledger."""

    entry_id: str
    kind: str
    credits: int
    ticket_id: str | None
    cycle: int | None
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A grant with its counters and all that has happened to its credits, oldest first."""

    grant_id: str
    account_id: str
    kind: str
    response_class: str
    ticket_id: str | None
    granted: int
    available: int
    held: int
    consumed: int
    expired: int
    revoked: int
    granted_at: datetime
    expires_at: datetime | None
    entries: tuple[Entry, ...]
