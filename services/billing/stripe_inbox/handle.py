"""Handle a stored Stripe event: read what it tells of again from Stripe, never from its payload."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any

from services.billing.checkout.confirm import confirm_payment
from services.billing.context import Context
from services.billing.gateways.stripe.errors import STRIPE_SILENT
from services.billing.orders import store as orders
from services.billing.payments.mirror import mirror_charge
from services.billing.stripe_inbox import store as webhook_events
from services.billing.stripe_inbox.store import StoredEvent
from shared import clock
from shared.errors import Kind, ServiceError
from shared.telemetry import bound_request_id, get_logger

log = get_logger()

CLAIM = timedelta(seconds=45)
"""Who works on an event has it for so long; whoever dies with it leaves it to the next sweep."""
LONGEST_PAUSE = timedelta(seconds=30)
PARK_AFTER = 8
DUE_AT_ONCE = 100


def _settle(context: Context, session_id: str) -> None:
    with context.db.transaction() as session:
        order = orders.find_by_checkout(session, session_id)
    if order is not None:
        confirm_payment(context, order.order_id)
        return
    # Our own record of the session was lost with Stripe's reply; its metadata has the order.
    checkout = context.stripe.checkouts.read(session_id)
    if checkout.order_id is None:
        log.info("checkout is none of ours", session_id=session_id)
        return
    confirm_payment(context, checkout.order_id, session_id=session_id)


class Outcome(Enum):
    """What became of one try."""

    DONE = "done"
    TAKEN = "taken"
    """Done before, not due, parked, or in somebody else's hands."""
    STRIPE_AWAY = "stripe away"
    FAILED = "failed"


Handler = Callable[[Context, str], None]

HANDLERS: Mapping[str, Handler] = {
    "checkout.session.completed": _settle,
    "checkout.session.async_payment_succeeded": _settle,
    "checkout.session.async_payment_failed": _settle,
    "checkout.session.expired": _settle,
    "charge.succeeded": mirror_charge,
    "charge.updated": mirror_charge,
    "charge.captured": mirror_charge,
    "charge.refunded": mirror_charge,
}
"""What each type of event wakes, with the id of the object it tells of. Other types are kept and need nothing."""


def handle_stripe_event(context: Context, event_id: str) -> bool:
    """Do the work of an event; True when it is done now. A failure is recorded, tried again and at last parked.

    Never raises: one poisonous event does not hold up the others. While Stripe is away nothing is parked.
    """
    return _handle(context, event_id) is Outcome.DONE


def _handle(context: Context, event_id: str) -> Outcome:
    with context.db.transaction() as session:
        event = webhook_events.claim(session, event_id, now=clock.now(), pause=CLAIM)
    if event is None:
        return Outcome.TAKEN
    with bound_request_id(event.request_id):
        try:
            if (handler := HANDLERS.get(event.type)) is not None:
                handler(context, _object_id(event))
        except ServiceError as refusal:
            log.warning("Stripe's event waits", event_id=event_id, type=event.type, why=refusal.message)
            _failed(context, event, error=refusal.message, park=refusal.kind is not Kind.UNAVAILABLE)
            return Outcome.STRIPE_AWAY if isinstance(refusal, STRIPE_SILENT) else Outcome.FAILED
        except Exception as error:
            log.exception("Stripe's event failed", event_id=event_id, type=event.type)
            _failed(context, event, error=repr(error), park=True)
            return Outcome.FAILED
        with context.db.transaction() as session:
            webhook_events.mark_handled(session, event_id, now=clock.now())
    return Outcome.DONE


def handle_due_events(context: Context) -> int:
    """Handle the events that nobody has handled yet and whose next attempt is due; returns how many are done now.

    Ends at the first that Stripe does not answer: a time-out for each would keep the worker from everything else.
    """
    with context.db.transaction() as session:
        due = webhook_events.due(session, now=clock.now(), limit=DUE_AT_ONCE)
    done = 0
    for event_id in due:
        outcome = _handle(context, event_id)
        if outcome is Outcome.STRIPE_AWAY:
            break
        done += outcome is Outcome.DONE
    return done


def _object_id(event: StoredEvent) -> str:
    body: dict[str, Any] = json.loads(event.body)
    return str(body["data"]["object"]["id"])


def _failed(context: Context, event: StoredEvent, *, error: str, park: bool) -> None:
    now = clock.now()
    pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(event.attempts, 6)))
    again_at = None if park and event.attempts >= PARK_AFTER else now + pause
    with context.db.transaction() as session:
        webhook_events.mark_failed(session, event.event_id, error=error, again_at=again_at, now=now)
