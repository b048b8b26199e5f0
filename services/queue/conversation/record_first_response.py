"""Put the first answer of a person on record, and tell entitlements: the incident is used."""

from sqlalchemy.orm import Session

from services.queue.tickets import store as tickets
from services.queue.tickets.audit import Act
from services.queue.tickets.ticket import Ticket
from shared import outbox


def record_first_response(session: Session, ticket: Ticket, act: Act) -> Ticket:
    """Once for each locked ticket; the event leaves in the same transaction."""
    if ticket.first_responded_at is not None:
        return ticket
    ticket = tickets.change(session, ticket, act, first_responded_at=act.at)
    body = {"ticket_id": ticket.id, "responded_at": act.at}
    outbox.publish(session, "queue.ticket.first_responded.v1", body, to="entitlements")
    return ticket
