"""What waits to converge in the queue, so that it can be seen from outside."""

from sqlalchemy.orm import Session

from services.queue.decisions import store as decisions
from services.queue.delivery import store as mails
from services.queue.delivery.delivery import MailState
from shared import outbox
from shared.work.kind import count_work

KINDS = (outbox.WORK,)


def count_pending(session: Session) -> dict[str, int]:
    """How much waits, by kind; what is parked waits for a person."""
    return {
        **count_work(session, KINDS),
        "undecided_tickets": decisions.count_undecided(session),
        "unsent_mails": mails.count(session, MailState.PENDING),
        "parked_mails": mails.count(session, MailState.PARKED),
    }
