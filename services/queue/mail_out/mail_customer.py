"""Write a mail to the customer of a ticket: stored with the change it tells of, sent by a job."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.mail_out import store as mails
from services.queue.mail_out.letter import MailKind
from services.queue.mail_out.proof import must_wait
from services.queue.tickets.ticket import Ticket
from shared.db import wake_after_commit
from shared.telemetry import get_logger

log = get_logger()

AT_ONCE = timedelta(0)


def mail_customer(
    session: Session,
    settings: Settings,
    ticket: Ticket,
    kind: MailKind,
    parameters: Mapping[str, Any],
    *,
    once_key: str,
    now: datetime,
    answers: bool = False,
    after: timedelta = AT_ONCE,
) -> bool:
    """Store the mail and wake the job that sends it; False when what `once_key` names was told before.

    `after` lets it wait, so that it may be completed. `answers` says that it carries a person's words: when the mail
    server has taken it, the first response is made. To an address that nobody has proved only a few go out by
    themselves (proof.py); the others are held back.
    """
    domain = settings.support_email.rpartition("@")[2]
    held = must_wait(session, ticket.contact_key, kind, now)
    due_in = None if held else after
    mail_id = mails.write(
        session, ticket, kind, parameters, once_key=once_key, domain=domain, answers=answers, due_in=due_in, now=now
    )
    if mail_id is None:
        return False
    if held:
        log.info("mail held back until the address is proved", mail_id=mail_id, ticket_id=ticket.id)
    elif not after:
        wake_after_commit(session, "send_mail", mail_id)
    return True


def complete_mail(session: Session, parameters: Mapping[str, Any], *, once_key: str) -> bool:
    """Let a mail that waits tell more, at once unless it is held back; False when it is on its way or gone."""
    mail_id = mails.complete(session, once_key, parameters)
    if mail_id is None:
        return False
    wake_after_commit(session, "send_mail", mail_id)
    return True
