"""What the queue does in the background; each sweep finds what a lost wake-up left, and is safe to run twice."""

from typing import cast

from services.queue.ports import Context
from services.queue.use_cases import buy_incident, decide_ticket
from services.queue.use_cases import send_mail as mailing
from shared import jobs, outbox

QUEUES = ("queue",)
SCHEDULE = {"relay_outbox": 5, "sweep_mails": 5, "sweep_undecided": 10, "sweep_payments": 30}


def _context() -> Context:
    return cast("Context", jobs.context())


def relay_outbox() -> None:
    """Deliver the events that wait for their consumer."""
    context = _context()
    outbox.relay(context.db, context.peers)


def send_mail(mail_id: str) -> None:
    """Hand one mail to the mail server."""
    mailing.send_mail(_context(), mail_id)


def sweep_mails() -> None:
    """Try the mails that are due."""
    mailing.sweep_mails(_context())


def sweep_undecided() -> None:
    """Ask again for tickets without a decision."""
    decide_ticket.sweep_undecided(_context())


def sweep_payments() -> None:
    """Go on with tickets whose payment did not come."""
    buy_incident.sweep_payments(_context())
