"""The shapes of the queue's own API; what it shares with its peers stands in shared.contracts. Unknown fields: 422."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Integer, List, Nested, String
from apiflask.validators import OneOf

from services.queue.tickets.ticket import State
from shared.contracts import ReasonV1
from shared.web.pagination import PageQuery


class Reason(ReasonV1, Schema):
    """One step of the way to a promise: code and parameters for programs, and its sentence."""

    text = String()


class Ticket(Schema):
    """A ticket and its promise. Class and due time are null until they are decided; later they only get better."""

    ticket_id = String()
    number = Integer()
    subject = String()
    state = String(validate=OneOf([state.value for state in State]))
    payment = String()
    response_class = String(allow_none=True)
    respond_by = AwareDateTime(allow_none=True)
    target_minutes = Integer(allow_none=True)
    reasons = List(Nested(Reason))
    opened_at = AwareDateTime()
    first_responded_at = AwareDateTime(allow_none=True)
    minutes_to_first_response = Integer(allow_none=True)


class TicketQuery(PageQuery):
    """Which tickets."""

    state = String(load_default=None, validate=OneOf([state.value for state in State]))


class TicketPage(Schema):
    """A page of tickets, the newest first."""

    items = List(Nested(Ticket))
    next_cursor = String(allow_none=True)
