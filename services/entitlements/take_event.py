"""Take an event from another service: its work and the mark that it is done stand in one transaction."""

from typing import Any

from services.entitlements.account_changes.record import AccountChange, record_account
from services.entitlements.context import Context
from services.entitlements.credits.consume import consume_hold
from services.entitlements.credits.release import release_hold
from services.entitlements.purchases.record import Purchase, record_purchase
from shared.inbox import UnknownEvent, read_body, receive

Body = dict[str, Any]


def take_event(context: Context, event: Body) -> bool:
    """Do the work of an event (EnvelopeV1), once; False when it was done before.

    Raises UnknownEvent, and refusals of the use cases: what cannot be done stays visible at its sender.
    """
    body = read_body(event["type"], event["body"])
    with context.db.transaction() as session:
        if not receive(session, event["id"], event["type"]):
            return False
        match event["type"]:
            case "billing.account.changed.v1":
                record_account(session, _account_change(body))
            case "billing.incidents.purchased.v1":
                record_purchase(session, context.policy, _purchase(body))
            case "queue.ticket.first_responded.v1":
                consume_hold(session, body["ticket_id"], body["responded_at"])
            case "queue.ticket.closed.v1":
                release_hold(session, body["ticket_id"], body["outcome"], body["closed_at"])
            case other:
                raise UnknownEvent(f"Entitlements does not take {other}.", field="type")
    return True


def _account_change(body: Body) -> AccountChange:
    return AccountChange(
        account_id=body["account_id"],
        version=body["version"],
        name=body["name"],
        contact_emails=tuple(body["contact_emails"]),
        absorbed=tuple(body["absorbed"]),
    )


def _purchase(body: Body) -> Purchase:
    return Purchase(
        order_id=body["order_id"],
        account_id=body["account_id"],
        contact_email=body["contact_email"],
        credits=body["credits"],
        ticket_id=body["ticket_id"],
        response_class=body["response_class"],
        paid_at=body["paid_at"],
        expires_at=body["expires_at"],
    )
