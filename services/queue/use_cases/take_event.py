"""Take an event from another service: its work and the mark that it is done stand in one transaction."""

from typing import Any

from services.queue.domain.decisions import promise_of
from services.queue.ports import Context
from services.queue.store import tickets
from services.queue.store.audit import Act
from services.queue.use_cases.freeze_promise import freeze_promise
from shared import clock
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
                ticket = tickets.lock(session, body["ticket_id"])
                why = f"decision {body['decision_id']}"
                act = Act(actor="service:entitlements", action="promise_decided", why=why, at=clock.now())
                freeze_promise(session, context.settings, ticket, promise_of(body), act)
            case other:
                raise UnknownEvent(f"Queue does not take {other}.", field="type")
    return True
