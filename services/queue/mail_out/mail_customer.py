"""Write a mail to the customer of a ticket: stored with the change it tells of, sent by a job."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.mail_out import store as mails
from services.queue.mail_out.letter import MailKind
from services.queue.tickets.ticket import Ticket
from shared.db import wake_after_commit


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
) -> bool:
    """Store the mail and wake the job that sends it; False when what `once_key` names was told before.

    `answers` says that it carries a person's words: when the mail server has taken it, the first response is made.
    """
    domain = settings.support_email.rpartition("@")[2]
    mail_id = mails.write(session, ticket, kind, parameters, once_key=once_key, domain=domain, answers=answers, now=now)
    if mail_id is None:
        return False
    wake_after_commit(session, "send_mail", mail_id)
    return True
