"""Take events from another service: their work and the mark that it is done stand in one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.billing.context import Context
from services.billing.revenue.record import record_consumption
from shared.inbox import UnknownEvent, take

Body = dict[str, Any]


def take_events(context: Context, events: Sequence[Body]) -> int:
    """Do the work of events (EnvelopeV1), each once, all of them or none; returns for how many it was done now.

    Raises UnknownEvent.
    """

    def do(session: Session, event_type: str, body: Body) -> None:
        match event_type:
            case "entitlements.credit.consumed.v1":
                record_consumption(session, body)
            case other:
                raise UnknownEvent(f"Billing does not take {other}.", field="type")

    return take(context.db, events, do)
