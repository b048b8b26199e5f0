"""Take events from another service: their work and the mark that it is done stand in one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.entitlements.account_changes.record import AccountChange, record_account
from services.entitlements.context import Context
from services.entitlements.credits.consume import consume_hold
from services.entitlements.credits.release import release_hold
from services.entitlements.purchases.record import Purchase, record_purchase
from shared.inbox import UnknownEvent, take

Body = dict[str, Any]


def take_events(context: Context, events: Sequence[Body]) -> int:
    """Do the work of events (EnvelopeV1), each once, all of them or none; returns for how many it was done now.

    Raises UnknownEvent, and refusals of the use cases: what cannot be done stays visible at its sender.
    """

    def do(session: Session, event_type: str, body: Body) -> None:
        match event_type:
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

    return take(context.db, events, do)


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
