"""What waits to converge in the queue, so that it can be seen from outside, and what an operator may release."""

from sqlalchemy.orm import Session

from services.queue.decisions import store as decisions
from services.queue.mail_out import store as mails
from services.queue.payments import store as payments
from shared import outbox
from shared.work.kind import count_work

KINDS = (outbox.WORK, mails.WORK, decisions.WORK, decisions.DEADLINES, payments.WORK)


def count_pending(session: Session) -> dict[str, int]:
    """How much waits, by kind; what is parked waits for a person."""
    return count_work(session, KINDS)
