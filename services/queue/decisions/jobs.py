"""The jobs that find a promise for each ticket."""

from functools import partial

from services.queue.decisions import decide, fall_back
from services.queue.decisions.store import DEADLINES, WORK
from shared import jobs
from shared.work.run import run_due


@jobs.job(pool="relay", every_s=10)
def sweep_undecided() -> None:
    """Ask again for tickets without a decision."""
    context = jobs.context()
    run_due(context.db, WORK, partial(decide.decide_ticket, context))


@jobs.job(pool="sweep", every_s=10)
def give_fallbacks() -> None:
    """Give the fallback promise to tickets that were not decided in time."""
    context = jobs.context()
    run_due(context.db, DEADLINES, partial(fall_back.give_fallback, context))
