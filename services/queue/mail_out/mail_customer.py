"""Write a mail to the customer of a ticket: stored with the change it tells of, sent by a job."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.mail_out import store as mails
from services.queue.mail_out.letters import Letter
from services.queue.tickets.ticket import Ticket
from shared.db import wake_after_commit


def mail_customer(
    session: Session,
    settings: Settings,
    ticket: Ticket,
    letter: Letter,
    *,
    kind: str,
    once_key: str,
    now: datetime,
    answers: bool = False,
) -> None:
    """Store the mail and wake the job that sends it; what `once_key` names is told once.

    `answers` says that it carries a person's words: when the mail server has taken it, the first response is made.
    """
    domain = settings.support_email.rpartition("@")[2]
    mail_id = mails.write(
        session, ticket, letter, kind=kind, once_key=once_key, domain=domain, answers=answers, now=now
    )
    if mail_id is not None:
        wake_after_commit(session, "send_mail", mail_id)
