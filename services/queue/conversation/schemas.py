"""What integrators add to a conversation."""

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length

from services.queue.tickets.text import LONGEST_TEXT


class NewMessage(Schema):
    """Something that the customer adds."""

    text = String(required=True, validate=Length(1, LONGEST_TEXT))


class MessageTaken(Schema):
    """A message that stands in the ticket."""

    message_id = String()
    ticket_id = String()
    state = String()
