"""Take events from another service: their work and the mark that it is done stand in one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.queue.context import Context
from services.queue.decisions.record import record_decision
from services.queue.gateways.entitlements import decision_in
from services.queue.payments.tell_kept import tell_kept
from shared.inbox import UnknownEvent, take

Body = dict[str, Any]


def take_events(context: Context, events: Sequence[Body]) -> int:
    """Do the work of events (EnvelopeV1), each once, all of them or none; returns for how many it was done now.

    Raises UnknownEvent, and TicketNotFound: an event for a ticket that is not here stays visible at its sender.
    """

    def do(session: Session, event_type: str, body: Body) -> None:
        match event_type:
            case "entitlements.decision.made.v1":
                record_decision(session, context.settings, decision_in(body), actor="service:entitlements")
            case "entitlements.incidents.kept.v1":
                tell_kept(session, context.settings, body["ticket_id"], order_id=body["order_id"], num=body["credits"])
            case other:
                raise UnknownEvent(f"Queue does not take {other}.", field="type")

    return take(context.db, events, do)
