"""A ticket as entitlements knows it: who asked, when, and whether a person has answered."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A ticket about which queue has asked."""

    ticket_id: str
    requester_email: str
    requester_verified: bool
    opened_at: datetime
    first_responded_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def takes_credit(self) -> bool:
        """Whether a better promise still helps: nobody has answered, and it has not ended."""
        return self.first_responded_at is None and self.closed_at is None
