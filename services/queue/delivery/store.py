"""Which mails are to be tried, by whom, and what became of each attempt."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.delivery.delivery import CLAIM, REFUSALS_UNTIL_PARKED, MailState, pause_before
from services.queue.gateways.mail import Mail
from services.queue.mail_out.tables import outbound_mails

_pending = outbound_mails.c.state == MailState.PENDING.value


def due(session: Session, now: datetime, limit: int) -> list[str]:
    """The mails to try now, the one that waits longest first."""
    query = sa.select(outbound_mails.c.id).where(_pending, outbound_mails.c.next_attempt_at <= now)
    return list(session.execute(query.order_by(outbound_mails.c.next_attempt_at).limit(limit)).scalars())


def claim(session: Session, mail_id: str, now: datetime) -> sa.Row[Any] | None:
    """The mail, for one attempt of this sender alone; None when somebody else is at it or nothing is to do.

    Who dies in the middle leaves it to the next sweep, which sends it again under the same Message-ID.
    """
    return session.execute(
        outbound_mails.update()
        .where(outbound_mails.c.id == mail_id, _pending, outbound_mails.c.next_attempt_at <= now)
        .values(attempts=outbound_mails.c.attempts + 1, next_attempt_at=now + CLAIM)
        .returning(outbound_mails)
    ).one_or_none()


def compose(session: Session, row: sa.Row[Any]) -> Mail:
    """The mail as it is sent, in the thread of the ticket's earlier mails."""
    earlier = session.execute(
        sa.select(outbound_mails.c.rfc_message_id)
        .where(outbound_mails.c.ticket_id == row.ticket_id, outbound_mails.c.id < row.id)
        .order_by(outbound_mails.c.id)
    ).scalars()
    return Mail(
        message_id=row.rfc_message_id,
        to_address=row.to_address,
        subject=row.subject,
        text=row.text,
        html=row.html,
        references=tuple(earlier),
    )


def record_sent(session: Session, mail_id: str, now: datetime) -> None:
    """The mail server has taken it."""
    session.execute(
        outbound_mails.update()
        .where(outbound_mails.c.id == mail_id)
        .values(state=MailState.SENT.value, sent_at=now, last_error=None)
    )


def record_failure(session: Session, row: sa.Row[Any], why: str, now: datetime, *, refused: bool) -> MailState:
    """It was not taken: try again after a pause, or park it when it was refused for good too often."""
    refusals = row.refusals + refused
    state = MailState.PARKED if refusals >= REFUSALS_UNTIL_PARKED else MailState.PENDING
    session.execute(
        outbound_mails.update()
        .where(outbound_mails.c.id == row.id, _pending)
        .values(
            state=state.value,
            refusals=refusals,
            last_error=why[:500],
            next_attempt_at=now + pause_before(row.attempts + 1),
        )
    )
    return state


def count(session: Session, state: MailState) -> int:
    """How many mails are in this state."""
    query = sa.select(sa.func.count()).select_from(outbound_mails).where(outbound_mails.c.state == state.value)
    return session.execute(query).scalar_one()
