"""Sweep in the Stripe events that never arrived as a webhook, and go on where the last sweep stopped.

Stripe lists the newest first. A pass walks from there down to what the pass before it had reached, a page at a time,
and remembers each page: a sweep that ends early, or whose worker dies, is continued by the next one.
"""

import time
from datetime import timedelta

from sqlalchemy.orm import Session

from services.billing.context import Context
from services.billing.gateways.stripe.errors import StripeObjectMissing
from services.billing.gateways.stripe.events import EventPage, StripeEvent
from services.billing.stripe_inbox import store as webhook_events
from services.billing.stripe_inbox.handle import HANDLERS
from services.billing.stripe_inbox.store import Position
from shared import clock
from shared.db import wake_after_commit
from shared.deadlines import deadline

SWEEP = "stripe_events"
OVERLAP = timedelta(minutes=10)
"""Stripe's list may show an event a little after a younger one; looking back costs nothing, ids are unique."""
FIRST_LOOK_BACK = timedelta(days=3)
LASTS_S = 30.0
"""A sweep takes up no further page after this: it is a job, and jobs end after a minute."""
PAGE_WITHIN_S = 15.0


def sweep_in_events(context: Context, *, lasts_s: float = LASTS_S) -> int:
    """Keep every event since the last pass that is not here yet, page by page; returns how many were new."""
    ends = time.monotonic() + lasts_s
    new = 0
    while True:
        seen = _position(context)
        page = _next_page(context, seen)
        kept, goes_on = _keep(context, seen, page)
        new += kept
        if not goes_on or time.monotonic() > ends:
            return new


def _position(context: Context) -> Position:
    with context.db.transaction() as session:
        known = webhook_events.position(session, SWEEP)
    return known or Position(reached_at=clock.now() - FIRST_LOOK_BACK)


def _next_page(context: Context, seen: Position) -> EventPage:
    since, types = seen.reached_at - OVERLAP, tuple(HANDLERS)
    with deadline(PAGE_WITHIN_S):
        try:
            return context.stripe.events.list_page(since, types, after=seen.last_id)
        except StripeObjectMissing:
            # Stripe keeps events for a month. Whoever stood still for longer begins anew.
            return context.stripe.events.list_page(since, types, after=None)


def _keep(context: Context, seen: Position, page: EventPage) -> tuple[int, bool]:
    """Keep the page and move on in one transaction; how many were new, and whether a page follows for this sweep."""
    # Stripe's own times, not our clock: one that is ten minutes off must not skip anything.
    newest = max([seen.newest_at or seen.reached_at, *(event.created_at for event in page.events)])
    if page.has_more and page.events:
        to = Position(reached_at=seen.reached_at, newest_at=newest, last_id=page.events[-1].event_id)
    else:
        to = Position(reached_at=newest)
    with context.db.transaction() as session:
        new = sum(_keep_one(session, event) for event in page.events)
        moved = webhook_events.move(session, SWEEP, seen, to)
    return new, moved and to.last_id is not None


def _keep_one(session: Session, event: StripeEvent) -> bool:
    new = webhook_events.store(
        session,
        event_id=event.event_id,
        event_type=event.type,
        source="swept_in",
        body=event.body,
        created_at=event.created_at,
        now=clock.now(),
    )
    if new:
        wake_after_commit(session, "handle_due_events")
    return new
