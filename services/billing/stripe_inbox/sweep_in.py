"""Sweep in the Stripe events that never arrived as a webhook, from Stripe's own list."""

from datetime import datetime, timedelta
from itertools import islice

from services.billing.context import Context
from services.billing.gateways.stripe.events import StripeEvent
from services.billing.stripe_inbox import store as webhook_events
from services.billing.stripe_inbox.handle import HANDLERS
from shared import clock
from shared.db import wake_after_commit

CURSOR = "stripe_events"
OVERLAP = timedelta(minutes=10)
"""Stripe's list may show an event a little after a younger one; looking back costs nothing, ids are unique."""
FIRST_LOOK_BACK = timedelta(days=3)
BATCH = 100


def sweep_in_events(context: Context) -> int:
    """Keep every event since the last sweep that is not here yet; returns how many were new.

    The cursor moves when the whole list has been seen, so a sweep that dies half-way is repeated.
    """
    began = clock.now()
    with context.db.transaction() as session:
        reached = webhook_events.reached(session, CURSOR) or began - FIRST_LOOK_BACK
    listed = iter(context.stripe.events.list_since(reached - OVERLAP, tuple(HANDLERS)))
    new = 0
    newest: datetime = reached
    while batch := list(islice(listed, BATCH)):
        new += _keep(context, batch)
        newest = max(newest, *(event.created_at for event in batch))
    with context.db.transaction() as session:
        # Stripe's own times, not our clock: one that is ten minutes off must not skip anything.
        webhook_events.move_cursor(session, CURSOR, newest)
    return new


def _keep(context: Context, batch: list[StripeEvent]) -> int:
    new = 0
    with context.db.transaction() as session:
        for event in batch:
            if webhook_events.store(
                session,
                event_id=event.event_id,
                event_type=event.type,
                source="swept_in",
                body=event.body,
                created_at=event.created_at,
                now=clock.now(),
            ):
                new += 1
                wake_after_commit(session, "handle_stripe_event", event.event_id)
    return new
