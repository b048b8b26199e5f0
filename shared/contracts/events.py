"""The events that travel from an outbox to an inbox, by type."""

from functools import cache

from marshmallow import fields, validate

from shared.contracts.contract import Contract
from shared.contracts.decisions import DecisionV1
from shared.email_field import EmailAddress


class EnvelopeV1(Contract):
    """What is posted to a consumer's `/events`."""

    id = fields.String(required=True, metadata={"description": "Unique; the consumer does its work once for each."})
    type = fields.String(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    request_id = fields.String(required=True)
    body = fields.Dict(keys=fields.String(), required=True)


class EnvelopesV1(Contract):
    """What is posted to a consumer's `/events/batch`: all of it is taken, or nothing."""

    events = fields.List(fields.Nested(EnvelopeV1), required=True, validate=validate.Length(1, 100))


class IncidentsPurchasedV1(Contract):
    """billing -> entitlements: an order is settled; grant its credits."""

    order_id = fields.String(required=True)
    account_id = fields.String(required=True)
    contact_email = EmailAddress(required=True)
    product = fields.String(required=True)
    credits = fields.Integer(required=True, validate=validate.Range(min=1))
    ticket_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The ticket that it was bought for, if any."}
    )
    response_class = fields.String(
        required=True, metadata={"description": "The class of the policy that a credit of this order buys."}
    )
    paid_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


class AccountChangedV1(Contract):
    """billing -> entitlements: who belongs to an account, whole, as of this version; an older one changes nothing."""

    account_id = fields.String(required=True)
    version = fields.Integer(required=True, validate=validate.Range(min=1))
    name = fields.String(required=True, allow_none=True, metadata={"description": "The company's; None for a person."})
    contact_emails = fields.List(EmailAddress(), required=True)
    absorbed = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Accounts that have become a part of this one: what is theirs is its own."},
    )


class CreditConsumedV1(Contract):
    """entitlements -> billing: a credit was used; release its revenue."""

    entry_id = fields.String(required=True)
    grant_id = fields.String(required=True)
    order_id = fields.String(required=True, allow_none=True)
    account_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    consumed_at = fields.AwareDateTime(required=True)


class IncidentsKeptV1(Contract):
    """entitlements -> queue: what was paid for a ticket buys it nothing any more; the credits wait for the next."""

    ticket_id = fields.String(required=True)
    order_id = fields.String(required=True)
    credits = fields.Integer(required=True, validate=validate.Range(min=1))
    paid_at = fields.AwareDateTime(required=True)


class TicketFirstRespondedV1(Contract):
    """queue -> entitlements: a person's first answer was taken by the mail server; consume the hold."""

    ticket_id = fields.String(required=True)
    responded_at = fields.AwareDateTime(required=True)


class TicketClosedV1(Contract):
    """queue -> entitlements: the ticket ended; a hold that was not consumed is released."""

    ticket_id = fields.String(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(("confirmed", "canceled")))
    closed_at = fields.AwareDateTime(required=True)


EVENTS: dict[str, type[Contract]] = {
    "billing.account.changed.v1": AccountChangedV1,
    "billing.incidents.purchased.v1": IncidentsPurchasedV1,
    "entitlements.credit.consumed.v1": CreditConsumedV1,
    "entitlements.decision.made.v1": DecisionV1,
    "entitlements.incidents.kept.v1": IncidentsKeptV1,
    "queue.ticket.first_responded.v1": TicketFirstRespondedV1,
    "queue.ticket.closed.v1": TicketClosedV1,
}


@cache
def shape_of(event_type: str) -> Contract:
    """The shape of an event's body. Made once: making it takes longer than reading a body with it."""
    return EVENTS[event_type]()
