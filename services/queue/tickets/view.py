"""A ticket as the API shows it."""

from typing import Any

from services.queue.tickets.promise import Promise
from services.queue.tickets.reasons import reasons_said
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
        "response_class": promise.response_class.id if promise else None,
        "respond_by": promise.respond_by if promise else None,
        "target_minutes": promise.target_minutes if promise else None,
        "reasons": _reasons(promise) if promise else [],
        "opened_at": ticket.opened_at,
        "first_responded_at": ticket.first_responded_at,
        "minutes_to_first_response": ticket.minutes_to_first_response,
    }


def _reasons(promise: Promise) -> list[dict[str, Any]]:
    said = reasons_said(promise.reasons)
    return [reason.as_json() | {"text": text} for reason, text in zip(promise.reasons, said, strict=True)]
