"""A ticket as the API shows it."""

from typing import Any

from services.queue.tickets.ticket import Ticket


def as_json(ticket: Ticket) -> dict[str, Any]:
    """A ticket in the shape of schemas.Ticket. No link: it goes to the customer's own address only."""
    promise = ticket.promise
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "state": ticket.state.value,
        "payment": ticket.payment.value,
        "response_class": promise.response_class.value if promise else None,
        "respond_by": promise.respond_by if promise else None,
        "target_minutes": promise.target_minutes if promise else None,
        "reasons": promise.reasons if promise else (),
        "opened_at": ticket.opened_at,
        "first_responded_at": ticket.first_responded_at,
        "minutes_to_first_response": ticket.minutes_to_first_response,
    }
