"""Take an event from another service: its work and the mark that it is done stand in one transaction."""

from typing import Any

from services.billing.context import Context
from services.billing.revenue.record import record_consumption
from shared.inbox import UnknownEvent, read_body, receive

CONSUMED = "entitlements.credit.consumed.v1"


def take_event(context: Context, event: dict[str, Any]) -> bool:
    """Do the work of an event (EnvelopeV1), once; False when it was done before. Raises UnknownEvent."""
    if event["type"] != CONSUMED:
        raise UnknownEvent(f"Billing does not take {event['type']}.", field="type")
    body = read_body(event["type"], event["body"])
    with context.db.transaction() as session:
        if not receive(session, event["id"], event["type"]):
            return False
        record_consumption(session, body)
    return True
