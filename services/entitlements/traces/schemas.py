"""The shape of what became of an order's credits."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Integer, List, Nested, String


class CreditEntry(Schema):
    """One entry of the credit ledger."""

    entry_id = String()
    kind = String()
    credits = Integer()
    ticket_id = String(allow_none=True)
    cycle = Integer(allow_none=True, metadata={"description": "Which hold of the ticket this belongs to, from 1."})
    occurred_at = AwareDateTime()


class Grant(Schema):
    """A grant with its counters and all that happened to its credits."""

    grant_id = String()
    account_id = String()
    kind = String()
    response_class = String(metadata={"description": "What one of its credits buys."})
    ticket_id = String(allow_none=True)
    granted = Integer(metadata={"description": "Always the sum of the five counters that follow."})
    available = Integer()
    held = Integer()
    consumed = Integer()
    expired = Integer()
    revoked = Integer()
    granted_at = AwareDateTime()
    expires_at = AwareDateTime(allow_none=True)
    entries = List(Nested(CreditEntry))


class Trace(Schema):
    """What became of an order's credits."""

    order_id = String()
    grants = List(Nested(Grant))
