"""The job that forgets what is old: each service lists this module among its rooms' jobs."""

from shared import jobs
from shared.retention import forget_old


@jobs.job(pool="relay", daily_at="03:30")
def forget_what_is_old() -> None:
    """Forget what has been kept for its days."""
    context = jobs.context()
    if not forget_old(context.db, context.retention) and context.db.enqueue is not None:
        context.db.enqueue("forget_what_is_old")
