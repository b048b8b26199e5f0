"""What reconciliations do in the background."""

from functools import partial

from services.billing.reconciliation.reconcile import reconcile
from services.billing.reconciliation.store import WORK
from shared import jobs
from shared.work.run import run_due


@jobs.job(pool="books", every_s=30)
def reconcile_days() -> None:
    """Bring the runs forward that are under way; they have workers of their own, so that no webhook waits for them."""
    context = jobs.context()
    run_due(context.db, WORK, partial(reconcile, context))
