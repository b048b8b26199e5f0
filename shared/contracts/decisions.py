"""The question "what is this ticket entitled to, and why?" and its answer (queue -> entitlements)."""

from marshmallow import fields, validate

from shared.contracts.classes import CalendarV1, ResponseClassV1
from shared.contracts.contract import Contract
from shared.email_field import EmailAddress


class DecisionRequestV1(Contract):
    """The facts that queue knows about a ticket when it asks."""

    ticket_id = fields.String(required=True, validate=validate.Length(1, 64))
    requester_email = EmailAddress(required=True)
    requester_verified = fields.Boolean(
        required=True, metadata={"description": "Whether the requester proved the address, by a link sent to it."}
    )
    opened_at = fields.AwareDateTime(required=True)


class ReasonV1(Contract):
    """One step of the way to a decision."""

    code = fields.String(required=True)
    parameters = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "What its sentence tells; worded when shown, in the reader's language and zone."},
    )


class SourceV1(Contract):
    """What pays for a promise."""

    kind = fields.String(required=True, metadata={"description": "`credit` (a grant) or `coverage`."})
    id = fields.String(required=True)


class DecisionV1(Contract):
    """Which promise a ticket carries, because of what, by which version of the policy."""

    decision_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    sequence = fields.Integer(required=True, metadata={"description": "1 for the first; a later one only raises."})
    response_class = fields.Nested(ResponseClassV1, required=True)
    starts_at = fields.AwareDateTime(required=True)
    respond_by = fields.AwareDateTime(required=True)
    target_minutes = fields.Integer(required=True, metadata={"description": "Working minutes of the calendar."})
    calendar = fields.Nested(CalendarV1, required=True)
    source = fields.Nested(
        SourceV1, required=True, allow_none=True, metadata={"description": "None for what everybody gets."}
    )
    reasons = fields.List(fields.Nested(ReasonV1), required=True)
    policy_version = fields.String(required=True)
    decided_at = fields.AwareDateTime(required=True)
