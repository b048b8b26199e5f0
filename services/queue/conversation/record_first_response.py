"""Put the first answer of a person on record, and tell entitlements: the incident is used."""

from sqlalchemy.orm import Session

from services.queue.tickets import store as tickets
from services.queue.tickets.ticket import Ticket
from shared import outbox
from shared.audit import Change


def record_first_response(session: Session, ticket: Ticket, change: Change) -> Ticket:
    """Once for each locked ticket; the event leaves in the same transaction."""
    if ticket.first_responded_at is not None:
        return ticket
    ticket = tickets.alter(session, ticket, change, first_responded_at=change.at)
    body = {"ticket_id": ticket.id, "responded_at": change.at}
    outbox.publish(session, "queue.ticket.first_responded.v1", body, to="entitlements")
    return ticket
