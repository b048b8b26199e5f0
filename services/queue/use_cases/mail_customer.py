"""Write a mail to the customer of a ticket: stored with the change it tells of, sent by a job."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.domain.letters import Letter
from services.queue.domain.links import link_token
from services.queue.domain.tickets import Ticket
from services.queue.store import mails
from shared.db import wake_after_commit


def ticket_path(ticket: Ticket, settings: Settings) -> str:
    """The path of the customer's page. It holds the link's secret: into a mail or a redirect, never into a log."""
    return f"/t/{link_token(ticket.id, ticket.link_version, settings.link_secret)}"


def ticket_url(ticket: Ticket, settings: Settings) -> str:
    """The address of the customer's page; the host comes from the settings, never from a request."""
    return f"{settings.common.public_url}{ticket_path(ticket, settings)}"


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
