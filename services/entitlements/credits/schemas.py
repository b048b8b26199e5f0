"""The shape of a balance."""

from apiflask import Schema
from apiflask.fields import Integer, String

from shared.email_field import EmailAddress


class BalanceQuery(Schema):
    """Whose balance."""

    email = EmailAddress(required=True)


class Balance(Schema):
    """The incident credits of an account."""

    account_id = String(allow_none=True)
    available = Integer()
    held = Integer(metadata={"description": "Reserved for tickets that nobody has answered yet."})
