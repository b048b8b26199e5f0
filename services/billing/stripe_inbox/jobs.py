"""What the inbox does in the background."""

from functools import partial

from services.billing.stripe_inbox import sweep_in
from services.billing.stripe_inbox.handle import handle_event
from services.billing.stripe_inbox.store import WORK
from shared import jobs
from shared.work.run import run_due


@jobs.job(pool="stripe", every_s=10)
def handle_due_events() -> None:
    """Do the work of Stripe's events: of those that came just now, whose wake-up was lost, or whose last try failed."""
    context = jobs.context()
    run_due(context.db, WORK, partial(handle_event, context))


@jobs.job(pool="stripe", every_s=30)
def sweep_in_events() -> None:
    """Take in the events that Stripe lists and that never arrived here."""
    sweep_in.sweep_in_events(jobs.context())
