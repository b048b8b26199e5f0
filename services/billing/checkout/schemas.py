"""The shape of what is bought. Unknown fields are refused and named: an amount is never the client's to say."""

from apiflask import Schema
from apiflask.fields import Email, String
from apiflask.validators import Length

_ID = Length(1, 64)


class OrderRequest(Schema):
    """What is asked for; the amount comes from the catalog."""

    ticket_id = String(
        required=True, allow_none=True, validate=_ID, metadata={"description": "The ticket it is bought for, or null."}
    )
    contact_email = Email(required=True, validate=Length(max=254))
    product = String(required=True, validate=_ID)
    currency = String(required=True, validate=_ID)
