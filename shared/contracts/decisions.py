"""The question "what is this ticket entitled to, and why?" and its answer (queue -> entitlements)."""

from marshmallow import fields, validate

from shared.contracts.contract import Contract

RESPONSE_CLASSES = ("premium", "standard")


class DecisionRequestV1(Contract):
    """The facts that queue knows about a ticket when it asks."""

    ticket_id = fields.String(required=True, validate=validate.Length(1, 64))
    requester_email = fields.Email(required=True, validate=validate.Length(max=254))
    requester_verified = fields.Boolean(
        required=True, metadata={"description": "Whether the requester proved the address, by a link sent to it."}
    )
    opened_at = fields.AwareDateTime(required=True)


class CalendarV1(Contract):
    """The calendar in which the working time of a promise runs."""

    id = fields.String(required=True)
    name = fields.String(required=True, metadata={"description": "In plain words, for people."})
    zone = fields.String(required=True, metadata={"description": "IANA name."})


class ReasonV1(Contract):
    """One step of the way to a decision."""

    code = fields.String(required=True)
    text = fields.String(required=True, metadata={"description": "In plain words, for the customer."})


class DecisionV1(Contract):
    """Which promise a ticket carries, because of what, by which version of the policy."""

    decision_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    sequence = fields.Integer(required=True, metadata={"description": "1 for the first; a later one only raises."})
    response_class = fields.String(required=True, validate=validate.OneOf(RESPONSE_CLASSES))
    starts_at = fields.AwareDateTime(required=True)
    respond_by = fields.AwareDateTime(required=True)
    target_minutes = fields.Integer(required=True, metadata={"description": "Working minutes of the calendar."})
    calendar = fields.Nested(CalendarV1, required=True)
    grant_id = fields.String(required=True, allow_none=True)
    reasons = fields.List(fields.Nested(ReasonV1), required=True)
    policy_version = fields.String(required=True)
    decided_at = fields.AwareDateTime(required=True)
