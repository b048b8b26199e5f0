"""Mails as they are written, each thing told once, and the work of sending them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.queue.mail_out.letter import MailKind
from services.queue.mail_out.tables import outbound_mails
from services.queue.tickets.ticket import Ticket
from shared.ids import new_id
from shared.language import N_
from shared.work.item import Item
from shared.work.kind import WorkKind

WORK = WorkKind(
    "mails",
    outbound_mails,
    title=N_("Mails to customers"),
    about="to_address",
    longest=timedelta(seconds=25),  # longer than the mail server's deadline (gateways/mail.py)
)


@dataclass(frozen=True, kw_only=True)
class StoredMail:
    """A mail that waits: what it tells, as it was at `created_at`. `message_id` is the same at each attempt."""

    id: str
    ticket_id: str
    kind: MailKind
    parameters: Mapping[str, Any]
    answers: bool
    message_id: str
    to_address: str
    created_at: datetime


def mail_of(item: Item) -> StoredMail:
    """The mail in a claimed row."""
    row = item.row
    return StoredMail(
        id=row.id,
        ticket_id=row.ticket_id,
        kind=MailKind(row.kind),
        parameters=row.parameters,
        answers=row.answers,
        message_id=row.rfc_message_id,
        to_address=row.to_address,
        created_at=row.created_at,
    )


def write(
    session: Session,
    ticket: Ticket,
    kind: MailKind,
    parameters: Mapping[str, Any],
    *,
    once_key: str,
    domain: str,
    answers: bool,
    held: bool,
    now: datetime,
) -> str | None:
    """Store a mail with its Message-ID, which no repetition changes; returns its id, None when it was told before.

    One that is held is not due: proof.py says why, and lets it go.
    """
    mail_id = new_id("mail")
    statement = insert(outbound_mails).values(
        id=mail_id,
        ticket_id=ticket.id,
        contact_key=ticket.contact_key,
        once_key=once_key,
        kind=kind.value,
        parameters=parameters,
        answers=answers,
        rfc_message_id=f"<{mail_id}@{domain}>",
        to_address=ticket.contact_email,
        created_at=now,
        **({"held_at": now, "due_at": None} if held else {}),
    )
    return session.execute(
        statement.on_conflict_do_nothing(index_elements=[outbound_mails.c.once_key]).returning(outbound_mails.c.id)
    ).scalar_one_or_none()


def earlier_message_ids(session: Session, stored: StoredMail) -> tuple[str, ...]:
    """The Message-IDs of the mails that its ticket had before, oldest first: the thread in which it stands."""
    query = (
        sa.select(outbound_mails.c.rfc_message_id)
        .where(outbound_mails.c.ticket_id == stored.ticket_id, outbound_mails.c.id < stored.id)
        .order_by(outbound_mails.c.id)
    )
    return tuple(session.execute(query).scalars())
