"""The shapes of accounts."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Integer, List, String
from apiflask.validators import Length

from shared.email_field import EmailAddress


class CompanyRequest(Schema):
    """A company to be made."""

    name = String(required=True, validate=Length(1, 200))


class ContactRequest(Schema):
    """A person to be added to a company."""

    email = EmailAddress(required=True)


class Account(Schema):
    """Who pays, with the people and the accounts that have become a part of it."""

    account_id = String()
    name = String(allow_none=True, metadata={"description": "The company's; null for a person."})
    version = Integer(metadata={"description": "Counts the changes of its people."})
    contact_emails = List(String())
    absorbed = List(String(), metadata={"description": "Accounts whose orders and money are shown under this one."})
    merged_into = String(allow_none=True, metadata={"description": "The company that this account is a part of."})
    created_at = AwareDateTime()
