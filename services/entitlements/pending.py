"""What waits to converge in entitlements, so that it can be seen from outside."""

from sqlalchemy.orm import Session

from shared import outbox


def count_pending(session: Session) -> dict[str, int]:
    """How much waits, by kind; what is parked waits for a person."""
    return {"outbox": outbox.pending(session), "outbox_parked": outbox.parked(session)}
