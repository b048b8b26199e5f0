"""The shapes of entitlements' own API; what it shares with its peers stands in shared.contracts."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Email, Integer, List, Nested, String

from shared.contracts import DecisionRequestV1, DecisionV1


class DecisionRequest(DecisionRequestV1, Schema):
    """The facts of a ticket."""


class Decision(DecisionV1, Schema):
    """The promise of a ticket, and why."""


class BalanceQuery(Schema):
    """Whose balance."""

    email = Email(required=True)


class Balance(Schema):
    """The incident credits of an account."""

    account_id = String(allow_none=True)
    available = Integer()
    held = Integer(metadata={"description": "Reserved for tickets that nobody has answered yet."})


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
