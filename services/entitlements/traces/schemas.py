"""The shape of what became of an order's credits."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Integer, List, Nested, String


class CreditEntry(Schema):
    """One entry of the credit ledger."""

    entry_id = String()
    kind = String()
    ticket_id = String(allow_none=True)
    credits = Integer()
    occurred_at = AwareDateTime()


class Grant(Schema):
    """A grant with its balances and all that happened to its credits."""

    grant_id = String()
    account_id = String()
    product = String()
    ticket_id = String(allow_none=True)
    credits = Integer()
    available = Integer()
    held = Integer()
    consumed = Integer()
    granted_at = AwareDateTime()
    expires_at = AwareDateTime(allow_none=True)
    entries = List(Nested(CreditEntry))


class Trace(Schema):
    """What became of an order's credits."""

    order_id = String()
    grants = List(Nested(Grant))
