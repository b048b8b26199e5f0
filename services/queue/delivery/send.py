"""Hand a stored mail to the mail server, as often as it takes, always under the same Message-ID."""

from typing import Any

import sqlalchemy as sa

from services.queue.context import Context
from services.queue.conversation.record_first_response import record_first_response
from services.queue.delivery import store as mails
from services.queue.delivery.delivery import MailState
from services.queue.gateways.mail import MailRefused, MailServerUnavailable
from services.queue.tickets import store as tickets
from services.queue.tickets.audit import SYSTEM, Act
from shared import clock
from shared.telemetry import get_logger

log = get_logger()

BATCH = 100


def send_mail(context: Context, mail_id: str) -> None:
    """One attempt. Nothing happens when it was sent, or while somebody else is at it.

    A crash between the server's yes and our record of it repeats the mail under the same Message-ID: better twice than
    never, and the reader's mail program folds the two into one. Raises MailServerUnavailable: the mail waits.
    """
    with context.db.transaction() as session:
        row = mails.claim(session, mail_id, clock.now())
        if row is None:
            return
        mail = mails.compose(session, row)
    try:
        context.mail.send(mail)
    except MailServerUnavailable as error:
        _failed(context, row, error.message, refused=False)
        raise
    except MailRefused as error:
        _failed(context, row, error.message, refused=True)
        return
    now = clock.now()
    with context.db.transaction() as session:
        mails.record_sent(session, mail_id, now)
        if row.answers:
            act = Act(actor=SYSTEM, action="first_responded", why=f"the mail server took {mail_id}", at=now)
            record_first_response(session, tickets.lock(session, row.ticket_id), act)
    log.info("mail sent", mail_id=mail_id, kind=row.kind, attempts=row.attempts)


def _failed(context: Context, row: sa.Row[Any], why: str, *, refused: bool) -> None:
    with context.db.transaction() as session:
        state = mails.record_failure(session, row, why, clock.now(), refused=refused)
    record = log.error if state is MailState.PARKED else log.warning
    record("mail not taken", mail_id=row.id, why=why, state=state.value, attempts=row.attempts)


def sweep_mails(context: Context) -> None:
    """Try what is due; when the mail server is away, one failure is enough to leave the rest for the next sweep."""
    with context.db.transaction() as session:
        waiting = mails.due(session, clock.now(), BATCH)
    for mail_id in waiting:
        try:
            send_mail(context, mail_id)
        except MailServerUnavailable:
            break
