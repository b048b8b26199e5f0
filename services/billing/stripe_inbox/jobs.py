"""What the inbox does in the background."""

from services.billing.stripe_inbox import handle, sweep_in
from shared import jobs


@jobs.job(pool="stripe")
def handle_stripe_event(event_id: str) -> None:
    """Do the work of one Stripe event."""
    context = jobs.context()
    handle.handle_stripe_event(context.db, context.stripe, event_id)


@jobs.job(pool="stripe", every_s=10)
def handle_due_events() -> None:
    """Do the work of Stripe's events whose wake-up was lost or whose last attempt failed."""
    context = jobs.context()
    handle.handle_due_events(context.db, context.stripe)


@jobs.job(pool="stripe", every_s=30)
def sweep_in_events() -> None:
    """Take in the events that Stripe lists and that never arrived here."""
    context = jobs.context()
    sweep_in.sweep_in_events(context.db, context.stripe)
