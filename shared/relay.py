"""The job that delivers a service's events: each service lists this module among its rooms' jobs."""

from shared import jobs, outbox


@jobs.job(pool="relay", every_s=5)
def relay_outbox() -> None:
    """Deliver the events that wait for their consumer."""
    context = jobs.context()
    outbox.relay(context.db, context.peers)
