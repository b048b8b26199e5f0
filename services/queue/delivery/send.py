"""Hand a stored mail to the mail server, as often as it takes, always under the same Message-ID."""

from services.queue.context import Context
from services.queue.conversation.record_first_response import record_first_response
from services.queue.delivery.compose import compose
from services.queue.mail_out.store import WORK, mail_of
from services.queue.tickets import store as tickets
from shared import clock
from shared.audit import SYSTEM, Change
from shared.telemetry import get_logger
from shared.work.item import Item

log = get_logger()


def send_mail(context: Context, item: Item) -> None:
    """One attempt.

    A crash between the server's yes and our record of it repeats the mail under the same Message-ID: better twice than
    never, and the reader's mail program folds the two into one. Raises MailServerUnavailable or MailRefused.
    """
    stored = mail_of(item)
    with context.db.transaction() as session:
        mail = compose(session, context.settings, stored)
    context.mail.send(mail)
    now = clock.now()
    with context.db.transaction() as session:
        if stored.answers:  # also when the claim was lost meanwhile: the customer has it
            why = f"the mail server took {stored.id}"
            change = Change(actor=SYSTEM, action="first_responded", why=why, at=now)
            record_first_response(session, tickets.lock(session, stored.ticket_id), change)
        WORK.done(session, item, sent_at=now)
    log.info("mail sent", mail_id=stored.id, kind=stored.kind, attempts=item.attempt)
