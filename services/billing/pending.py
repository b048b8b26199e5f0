"""Count what waits to converge, so that it can be seen from outside."""

from sqlalchemy.orm import Session

from services.billing.orders import store as orders
from services.billing.revenue import store as consumptions
from services.billing.stripe_inbox import store as webhook_events
from shared import clock, outbox
from shared.work.kind import count_work

KINDS = (outbox.WORK,)


def count_pending(session: Session) -> dict[str, int]:
    """How much waits, by kind; what is parked waits for a person."""
    return {
        **count_work(session, KINDS),
        "webhook_events": webhook_events.count_unhandled(session),
        "webhook_events_parked": webhook_events.count_parked(session),
        "orders_without_outcome": orders.count_without_outcome(session, now=clock.now()),
        "orders_parked": orders.count_parked(session),
        "consumptions_unreleased": consumptions.count_unreleased(session),
    }
