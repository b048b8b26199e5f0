"""What the inbox does in the background."""

from functools import partial

from services.billing.stripe_inbox import sweep_in
from services.billing.stripe_inbox.handle import handle_event
from services.billing.stripe_inbox.store import WORK
from shared import jobs
from shared.work.run import run_due, run_one


@jobs.job(pool="stripe")
def handle_stripe_event(event_id: str) -> None:
    """Do the work of one Stripe event."""
    context = jobs.context()
    run_one(context.db, WORK, event_id, partial(handle_event, context))


@jobs.job(pool="stripe", every_s=10)
def handle_due_events() -> None:
    """Do the work of Stripe's events whose wake-up was lost or whose last attempt failed."""
    context = jobs.context()
    run_due(context.db, WORK, partial(handle_event, context))


@jobs.job(pool="stripe", every_s=30)
def sweep_in_events() -> None:
    """Take in the events that Stripe lists and that never arrived here."""
    sweep_in.sweep_in_events(jobs.context())
