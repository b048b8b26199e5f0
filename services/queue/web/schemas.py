"""The shapes of the queue's own API; what it shares with its peers stands in shared.contracts. Unknown fields: 422."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Boolean, Integer, List, Nested, String
from apiflask.validators import Length, OneOf

from services.queue.domain.tickets import State
from shared.contracts import ReasonV1
from shared.web.pagination import PageQuery

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
LONGEST_NAME = 100


class NewTicket(Schema):
    """A problem, described on behalf of a customer."""

    email = String(required=True, validate=Length(3, 254), metadata={"description": "Where the answer goes."})
    name = String(load_default=None, allow_none=True, validate=Length(max=LONGEST_NAME))
    subject = String(required=True, validate=Length(1, LONGEST_SUBJECT))
    text = String(required=True, validate=Length(1, LONGEST_TEXT), metadata={"description": "What happened."})
    tried = String(load_default="", validate=Length(max=LONGEST_TEXT))
    zone = String(load_default=None, allow_none=True, metadata={"description": "The customer's IANA time zone."})
    use_credit = Boolean(
        load_default=False,
        metadata={
            "description": "Use an incident of the customer; send true only for an address that you have proven."
        },
    )


class NewMessage(Schema):
    """Something that the customer adds."""

    text = String(required=True, validate=Length(1, LONGEST_TEXT))


class MessageTaken(Schema):
    """A message that stands in the ticket."""

    message_id = String()
    ticket_id = String()
    state = String()


class Reason(ReasonV1, Schema):
    """One step of the way to a promise."""


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
