"""What entitlements does in the background."""

from typing import cast

from services.entitlements.ports import Context
from shared import jobs, outbox

QUEUES = ("entitlements",)
SCHEDULE = {"relay_outbox": 5}


def _context() -> Context:
    return cast("Context", jobs.context())


def relay_outbox() -> None:
    """Deliver the events that wait for their consumer."""
    context = _context()
    outbox.relay(context.db, context.peers)
