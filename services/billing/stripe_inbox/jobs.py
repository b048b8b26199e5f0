"""What the inbox does in the background."""

from services.billing.stripe_inbox import handle, sweep_in
from shared import jobs


@jobs.job(pool="stripe")
def handle_stripe_event(event_id: str) -> None:
    """Do the work of one Stripe event."""
    handle.handle_stripe_event(jobs.context(), event_id)


@jobs.job(pool="stripe", every_s=10)
def handle_due_events() -> None:
    """Do the work of Stripe's events whose wake-up was lost or whose last attempt failed."""
    handle.handle_due_events(jobs.context())


@jobs.job(pool="stripe", every_s=30)
def sweep_in_events() -> None:
    """Take in the events that Stripe lists and that never arrived here."""
    sweep_in.sweep_in_events(jobs.context())
