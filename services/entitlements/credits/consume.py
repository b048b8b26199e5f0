"""Use up the credit that is held for a ticket, when a person has answered."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.entitlements.credits import store as ledger
from services.entitlements.credits.credit import EntryKind, SourceKind
from services.entitlements.tickets import store as tickets
from services.entitlements.tickets.errors import TicketNotDecided
from shared import clock
from shared.audit import Change
from shared.outbox import publish


def consume_hold(session: Session, ticket_id: str, responded_at: datetime) -> None:
    """Consume the hold, once; a ticket without one (standard) is only remembered as answered.

    Raises TicketNotDecided while the question about this ticket has not arrived: the event is delivered again.
    """
    if tickets.record_first_response(session, ticket_id, responded_at) is None:
        raise TicketNotDecided(ticket_id)
    change = Change(actor="service:queue", action="consumed", why=f"a person answered {ticket_id}", at=clock.now())
    used = ledger.end_hold(session, EntryKind.CONSUME, ticket_id, change, responded_at)
    if used is None:
        return
    publish(
        session,
        "entitlements.credit.consumed.v1",
        {
            "entry_id": used.entry_id,
            "grant_id": used.grant_id,
            "order_id": used.source_id if used.source_kind == SourceKind.ORDER else None,
            "account_id": used.account_id,
            "ticket_id": ticket_id,
            "consumed_at": responded_at,
        },
        to="billing",
    )
