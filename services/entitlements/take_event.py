"""Take an event from another service: its work and the mark that it is done stand in one transaction."""

from typing import Any

from services.entitlements.context import Context
from services.entitlements.credits.consume import consume_hold
from services.entitlements.credits.release import release_hold
from services.entitlements.purchases.record import record_purchase
from shared.inbox import UnknownEvent, read_body, receive


def take_event(context: Context, event: dict[str, Any]) -> bool:
    """Do the work of an event (EnvelopeV1), once; False when it was done before. Raises UnknownEvent."""
    body = read_body(event["type"], event["body"])
    with context.db.transaction() as session:
        if not receive(session, event["id"], event["type"]):
            return False
        match event["type"]:
            case "billing.incidents.purchased.v1":
                record_purchase(session, context.policy, body)
            case "queue.ticket.first_responded.v1":
                consume_hold(session, body["ticket_id"], body["responded_at"])
            case "queue.ticket.closed.v1":
                release_hold(session, body["ticket_id"], body["outcome"], body["closed_at"])
            case other:
                raise UnknownEvent(f"Entitlements does not take {other}.", field="type")
    return True
