"""The job that ends the waiting for payments."""

from functools import partial

from services.queue.payments import go_on
from services.queue.payments.store import WORK
from shared import jobs
from shared.work.run import run_due


@jobs.job(pool="sweep", every_s=30)
def sweep_payments() -> None:
    """Go on with tickets whose payment did not come."""
    context = jobs.context()
    run_due(context.db, WORK, partial(go_on.end_wait, context))
