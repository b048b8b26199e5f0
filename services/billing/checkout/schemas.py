"""The shape of what is bought. Unknown fields are refused and named: an amount is never the client's to say."""

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length

from shared.email_field import EmailAddress

_ID = Length(1, 64)


class OrderRequest(Schema):
    """What is asked for; the amount comes from the catalog."""

    ticket_id = String(
        required=True, allow_none=True, validate=_ID, metadata={"description": "The ticket it is bought for, or null."}
    )
    contact_email = EmailAddress(required=True)
    product = String(required=True, validate=_ID)
    currency = String(required=True, validate=_ID)


class Receipt(Schema):
    """The receipt of a paid order."""

    receipt_url = String(allow_none=True, metadata={"description": "At Stripe; null while nothing is paid."})
