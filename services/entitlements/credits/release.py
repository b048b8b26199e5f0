"""Give back the credit that is held for a ticket which was canceled before a person answered."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.entitlements.credits import store as ledger
from services.entitlements.credits.credit import EntryKind
from services.entitlements.tickets import store as tickets
from services.entitlements.tickets.errors import TicketNotDecided
from shared import clock
from shared.audit import Change


def release_hold(session: Session, ticket_id: str, outcome: str, closed_at: datetime) -> None:
    """Remember the end of a ticket; a canceled one gives its held credit back.

    A confirmed one does not: its answer may be reported after its end, and that consumes the credit. Raises
    TicketNotDecided while the question about this ticket has not arrived: the event is delivered again.
    """
    if tickets.record_close(session, ticket_id, closed_at) is None:
        raise TicketNotDecided(ticket_id)
    if outcome == "canceled":
        change = Change(actor="service:queue", action="released", why=f"{ticket_id} was canceled", at=clock.now())
        ledger.end_hold(session, EntryKind.RELEASE, ticket_id, change, closed_at)
