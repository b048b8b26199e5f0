"""The conversation of a ticket: added to, never altered."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.queue.conversation.message import Message, MessageKind, Words
from services.queue.conversation.tables import messages
from services.queue.tickets.ticket import Step, Ticket
from shared.ids import new_id
from shared.sentences import Sentence


def _from_row(row: sa.Row[Any]) -> Message:
    return Message(
        id=row.id,
        kind=MessageKind(row.kind),
        step=Step(row.step) if row.step else None,
        author=row.author,
        words=row.body if row.body is not None else Sentence.from_json(row.sentence),
        created_at=row.created_at,
    )


def add(
    session: Session,
    ticket: Ticket,
    kind: MessageKind,
    words: Words,
    now: datetime,
    *,
    author: str,
    agent_id: str | None = None,
    step: Step | None = None,
    form_key: str | None = None,
) -> str | None:
    """Add a message and return its id; None when its form was sent before (the message stands already)."""
    statement = insert(messages).values(
        id=new_id("msg"),
        ticket_id=ticket.id,
        contact_key=ticket.contact_key,
        kind=kind.value,
        step=step.value if step else None,
        agent_id=agent_id,
        author=author,
        body=words if isinstance(words, str) else None,
        sentence=words.as_json() if isinstance(words, Sentence) else sa.null(),
        form_key=form_key,
        created_at=now,
    )
    return session.execute(
        statement.on_conflict_do_nothing(index_elements=[messages.c.form_key]).returning(messages.c.id)
    ).scalar_one_or_none()


def add_line(session: Session, ticket: Ticket, line: Sentence, now: datetime, form_key: str | None = None) -> None:
    """Add a quiet line that both sides read."""
    add(session, ticket, MessageKind.SYSTEM, line, now, author="system", form_key=form_key)


_of_ticket = (
    sa.select(messages)
    .where(messages.c.ticket_id == sa.bindparam("ticket_id"))
    .order_by(messages.c.created_at, messages.c.id)
)
_without_notes = _of_ticket.where(messages.c.kind != MessageKind.NOTE.value)
_answers = sa.exists().where(
    messages.c.ticket_id == sa.bindparam("ticket_id"), messages.c.kind == MessageKind.AGENT.value
)


def of_ticket(session: Session, ticket_id: str, *, with_notes: bool) -> list[Message]:
    """The conversation, oldest first; notes only for those who work here."""
    query = _of_ticket if with_notes else _without_notes
    return [_from_row(row) for row in session.execute(query, {"ticket_id": ticket_id})]


def text_of(session: Session, message_id: str) -> str:
    """The words that a person wrote in this message."""
    query = sa.select(messages.c.body).where(messages.c.id == message_id)
    text: str = session.execute(query).scalar_one()
    return text


def id_of_form(session: Session, form_key: str) -> str:
    """The message that this form left when it was sent before."""
    message_id: str = session.execute(sa.select(messages.c.id).where(messages.c.form_key == form_key)).scalar_one()
    return message_id


def form_was_sent(session: Session, form_key: str) -> bool:
    """Whether a form with this key left a message."""
    return session.execute(sa.select(sa.exists().where(messages.c.form_key == form_key))).scalar_one()


def was_answered(session: Session, ticket_id: str) -> bool:
    """Whether an agent has written to the customer, sent by now or still on its way."""
    return session.execute(sa.select(_answers), {"ticket_id": ticket_id}).scalar_one()
