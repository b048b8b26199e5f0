"""Handle a stored Stripe event: read what it tells of again from Stripe, never from its payload."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from services.billing.checkout.confirm import confirm_payment
from services.billing.context import Context
from services.billing.installation import store as installation
from services.billing.orders import store as orders
from services.billing.payments.mirror import mirror_charge
from services.billing.stripe_inbox.store import WORK
from shared import clock
from shared.telemetry import bound_request_id, get_logger
from shared.work.item import Item

log = get_logger()


def _settle(context: Context, session_id: str) -> None:
    with context.db.transaction() as session:
        order = orders.find_by_checkout(session, session_id)
    if order is not None:
        confirm_payment(context, order.order_id)
        return
    # Our own record of the session was lost with Stripe's reply; its metadata has the order.
    checkout = context.stripe.checkouts.read(session_id)
    with context.db.transaction() as session:
        foreign = installation.is_foreign(session, checkout.installation)
    if checkout.order_id is None or foreign:
        log.info("checkout is none of ours", session_id=session_id, installation=checkout.installation)
        return
    confirm_payment(context, checkout.order_id, session_id=session_id)


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


def handle_event(context: Context, item: Item) -> None:
    """Do the work of a claimed event. Its effects bear a second run, so that it may be marked done after them."""
    event = item.row
    with bound_request_id(event.request_id):
        if (handler := HANDLERS.get(event.type)) is not None:
            handler(context, _object_id(event.body))
        with context.db.transaction() as session:
            WORK.done(session, item, handled_at=clock.now())


def _object_id(body: bytes) -> str:
    event: dict[str, Any] = json.loads(body)
    return str(event["data"]["object"]["id"])
