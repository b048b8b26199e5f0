"""Use up the credit that is held for a ticket, when a person has answered."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.entitlements.credits import store as ledger
from services.entitlements.credits.credit import EntryKind
from services.entitlements.tickets import store as tickets
from services.entitlements.tickets.errors import TicketNotDecided
from shared import clock
from shared.outbox import publish


def consume_hold(session: Session, ticket_id: str, responded_at: datetime) -> None:
    """Consume the hold, once; a ticket without one (standard) is only remembered as answered.

    Raises TicketNotDecided while the question about this ticket has not arrived: the event is delivered again.
    """
    tickets.lock_ticket(session, ticket_id)
    if tickets.known_ticket(session, ticket_id) is None:
        raise TicketNotDecided(ticket_id)
    tickets.record_first_response(session, ticket_id, responded_at)
    grant = ledger.open_hold(session, ticket_id)
    if grant is None:
        return
    entry_id = ledger.move(session, EntryKind.CONSUME, grant.id, ticket_id, responded_at, clock.now())
    publish(
        session,
        "entitlements.credit.consumed.v1",
        {
            "entry_id": entry_id,
            "grant_id": grant.id,
            "order_id": grant.order_id,
            "account_id": grant.account_id,
            "ticket_id": ticket_id,
            "consumed_at": responded_at,
        },
        to="billing",
    )
