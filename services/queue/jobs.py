"""What the queue does in the background; each sweep finds what a lost wake-up left, and is safe to run twice."""

import sys
from typing import cast

from services.queue.ports import Context
from services.queue.use_cases import buy_incident, decide_ticket
from services.queue.use_cases import send_mail as mailing
from shared import jobs, relay

ROOMS = (relay, sys.modules[__name__])


def _context() -> Context:
    return cast("Context", jobs.context())


@jobs.job(pool="mail")
def send_mail(mail_id: str) -> None:
    """Hand one mail to the mail server."""
    mailing.send_mail(_context(), mail_id)


@jobs.job(pool="mail", every_s=5)
def sweep_mails() -> None:
    """Try the mails that are due."""
    mailing.sweep_mails(_context())


@jobs.job(pool="relay", every_s=10)
def sweep_undecided() -> None:
    """Ask again for tickets without a decision."""
    decide_ticket.sweep_undecided(_context())


@jobs.job(pool="sweep", every_s=30)
def sweep_payments() -> None:
    """Go on with tickets whose payment did not come."""
    buy_incident.sweep_payments(_context())
