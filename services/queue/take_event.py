"""Take an event from another service: its work and the mark that it is done stand in one transaction."""

from typing import Any

from services.queue.context import Context
from services.queue.decisions.record import record_decision
from services.queue.gateways.entitlements import decision_in
from shared.inbox import UnknownEvent, read_body, receive


def take_event(context: Context, event: dict[str, Any]) -> bool:
    """Do the work of an event (EnvelopeV1), once; False when it was done before.

    Raises UnknownEvent, and TicketNotFound: an event for a ticket that is not here stays visible at its sender.
    """
    body = read_body(event["type"], event["body"])
    with context.db.transaction() as session:
        if not receive(session, event["id"], event["type"]):
            return False
        match event["type"]:
            case "entitlements.decision.made.v1":
                record_decision(session, context.settings, decision_in(body), actor="service:entitlements")
            case other:
                raise UnknownEvent(f"Queue does not take {other}.", field="type")
    return True
