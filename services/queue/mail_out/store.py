"""Mails as they are written: each thing is told once."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.queue.mail_out.letters import Letter
from services.queue.mail_out.tables import outbound_mails
from services.queue.tickets.ticket import Ticket
from shared.ids import new_id


def write(
    session: Session,
    ticket: Ticket,
    letter: Letter,
    *,
    kind: str,
    once_key: str,
    domain: str,
    answers: bool,
    now: datetime,
) -> str | None:
    """Store a mail with its Message-ID, which no repetition changes; returns its id, None when it was told before."""
    mail_id = new_id("mail")
    statement = insert(outbound_mails).values(
        id=mail_id,
        ticket_id=ticket.id,
        contact_key=ticket.contact_key,
        once_key=once_key,
        kind=kind,
        answers=answers,
        rfc_message_id=f"<{mail_id}@{domain}>",
        to_address=ticket.contact_email,
        subject=letter.subject,
        text=letter.text(),
        html=letter.html(),
        created_at=now,
        next_attempt_at=now,
    )
    return session.execute(
        statement.on_conflict_do_nothing(index_elements=[outbound_mails.c.once_key]).returning(outbound_mails.c.id)
    ).scalar_one_or_none()


def was_told(session: Session, once_key: str) -> bool:
    """Whether a mail that tells this stands already."""
    return session.execute(sa.select(sa.exists().where(outbound_mails.c.once_key == once_key))).scalar_one()
