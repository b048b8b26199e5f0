"""The job that finds a decision for each ticket."""

from services.queue.decisions import decide
from shared import jobs


@jobs.job(pool="relay", every_s=10)
def sweep_undecided() -> None:
    """Ask again for tickets without a decision."""
    decide.sweep_undecided(jobs.context())
