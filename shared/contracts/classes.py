"""What the policy says of each response class (billing, queue -> entitlements): name, rank, words and target."""

from marshmallow import fields, validate

from shared.contracts.contract import Contract


class CalendarV1(Contract):
    """The calendar in which the working time of a promise runs."""

    id = fields.String(required=True)
    names = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "In plain words, by language; English always."},
    )
    zone = fields.String(required=True, metadata={"description": "IANA name."})


class ResponseClassV1(Contract):
    """A class of promises, as the policy has it: a shop adds its own."""

    id = fields.String(required=True, validate=validate.Length(1, 64))
    rank = fields.Integer(required=True, metadata={"description": "The higher, the better the promise."})
    taken_by = fields.String(
        required=True, metadata={"description": "`senior`: senior agents take it first. `everybody`: any agent."}
    )
    names = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "What people call it, by language; English always."},
    )
    sentences = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "What it means for the customer, one sentence by language; English always."},
    )


class ClassTargetV1(Contract):
    """A class with what it promises now."""

    response_class = fields.Nested(ResponseClassV1, required=True)
    target_minutes = fields.Integer(required=True, metadata={"description": "Working minutes of the calendar."})
    calendar = fields.Nested(CalendarV1, required=True)


class ClassTargetsV1(Contract):
    """All classes of the policy in force, the best first."""

    policy_version = fields.String(required=True)
    items = fields.List(fields.Nested(ClassTargetV1), required=True)
