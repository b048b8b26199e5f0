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


_REFERENCES = 20
"""How many earlier mails a mail names: mail programs find the thread by its first and its latest ones."""


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
    now: datetime,
    due_in: timedelta | None,
) -> str | None:
    """Store a mail with its Message-ID, which no repetition changes; returns its id, None when it was told before.

    `due_in` is how long it waits to be sent; one that is held (None) is not due: proof.py says why, and lets it go.
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
        held_at=now if due_in is None else None,
        due_at=None if due_in is None else sa.func.now() + due_in,
    )
    return session.execute(
        statement.on_conflict_do_nothing(index_elements=[outbound_mails.c.once_key]).returning(outbound_mails.c.id)
    ).scalar_one_or_none()


def complete(session: Session, once_key: str, parameters: Mapping[str, Any]) -> str | None:
    """Let a mail that nobody has tried to send yet tell more, at once; its id, None where there is no such mail.

    One that is held back stays so.
    """
    statement = (
        outbound_mails.update()
        .where(
            outbound_mails.c.once_key == once_key,
            outbound_mails.c.attempts == 0,
            sa.or_(outbound_mails.c.due_at.is_not(None), outbound_mails.c.held_at.is_not(None)),
        )
        .values(parameters=parameters, due_at=sa.case((outbound_mails.c.held_at.is_(None), sa.func.now())))
        .returning(outbound_mails.c.id)
    )
    return session.execute(statement).scalar_one_or_none()


def promise_was_told(session: Session, ticket_id: str) -> bool:
    """Whether some mail of a locked ticket says by when a person answers."""
    says_so = outbound_mails.c.parameters["promise"].astext.is_not(None)
    query = sa.select(sa.exists().where(outbound_mails.c.ticket_id == ticket_id, says_so))
    return bool(session.execute(query).scalar_one())


def thread_of(session: Session, stored: StoredMail) -> tuple[str, ...]:
    """The Message-IDs of its ticket's first mail and of the latest before it, oldest first: the thread it stands in."""
    earlier = (
        sa.select(outbound_mails.c.rfc_message_id)
        .where(outbound_mails.c.ticket_id == stored.ticket_id, outbound_mails.c.id < stored.id)
        .order_by(outbound_mails.c.id)
    )
    ids = tuple(session.execute(earlier).scalars())
    return ids if len(ids) <= _REFERENCES else (ids[0], *ids[1 - _REFERENCES :])
