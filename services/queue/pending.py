"""What waits to converge in the queue, so that it can be seen from outside, and what an operator may release."""

from sqlalchemy.orm import Session

from services.queue.decisions import store as decisions
from services.queue.mail_out import store as mails
from services.queue.payments import store as payments
from shared import outbox
from shared.work.kind import count_work

AT_ONCE = (outbox.WORK, mails.WORK, decisions.WORK)
"""Work that is due as soon as it exists."""
AT_ITS_TIME = (decisions.DEADLINES, payments.WORK)
"""Work that waits for a moment, and is late only when that has passed."""
KINDS = (*AT_ONCE, *AT_ITS_TIME)


def count_pending(session: Session) -> dict[str, int]:
    """How much waits, by kind; what is parked waits for a person."""
    return {
        **count_work(session, AT_ONCE),
        "promise_deadlines_overdue": decisions.count_overdue(session),
        "payment_waits_overdue": payments.count_overdue(session),
        **{f"{kind.name}_parked": kind.count_parked(session) for kind in AT_ITS_TIME},
    }
