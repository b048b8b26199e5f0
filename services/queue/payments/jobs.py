"""The job that ends the waiting for payments."""

from services.queue.payments import go_on
from shared import jobs


@jobs.job(pool="sweep", every_s=30)
def sweep_payments() -> None:
    """Go on with tickets whose payment did not come."""
    go_on.sweep_payments(jobs.context())
