"""What waits to converge in entitlements, so that it can be seen from outside."""

from sqlalchemy.orm import Session

from shared import outbox
from shared.work.kind import count_work

KINDS = (outbox.WORK,)


def count_pending(session: Session) -> dict[str, int]:
    """How much waits, by kind; what is parked waits for a person."""
    return count_work(session, KINDS)
