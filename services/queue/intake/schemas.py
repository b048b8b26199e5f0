"""What integrators send to open a ticket."""

from apiflask import Schema
from apiflask.fields import Boolean, String
from apiflask.validators import Length, OneOf

from services.queue.tickets.text import LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT
from shared.email_field import EmailAddress
from shared.reader import LANGUAGES, SOURCE


class NewTicket(Schema):
    """A problem, described on behalf of a customer."""

    email = EmailAddress(required=True, metadata={"description": "Where the answer goes."})
    name = String(load_default=None, allow_none=True, validate=Length(max=LONGEST_NAME))
    subject = String(required=True, validate=Length(1, LONGEST_SUBJECT))
    text = String(required=True, validate=Length(1, LONGEST_TEXT), metadata={"description": "What happened."})
    tried = String(load_default="", validate=Length(max=LONGEST_TEXT))
    zone = String(load_default=None, allow_none=True, metadata={"description": "The customer's IANA time zone."})
    language = String(
        load_default=SOURCE,
        validate=OneOf(list(LANGUAGES)),
        metadata={"description": "The language in which we write to the customer."},
    )
    use_credit = Boolean(
        load_default=False,
        metadata={
            "description": "Use an incident of the customer; send true only for an address that you have proven."
        },
    )
