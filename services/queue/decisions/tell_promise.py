"""Tell the customer by when a person answers: first in the acknowledgement, later only what is better."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.mail_out.letter import MailKind
from services.queue.mail_out.mail_customer import mail_customer
from services.queue.tickets.promise import as_json
from services.queue.tickets.ticket import Payment, State, Ticket
from shared.audit import Change


def tell_promise(session: Session, settings: Settings, ticket: Ticket, change: Change, *, better: bool) -> None:
    """Acknowledge once the promise is known and no payment is awaited; later, tell what is better than said before."""
    if ticket.promise is None or ticket.payment is Payment.PENDING or ticket.state is not State.OPEN:
        return
    if ticket.first_responded_at is not None:
        return
    facts = {"promise": as_json(ticket.promise)}
    once_key = f"acknowledgement:{ticket.id}"
    first = mail_customer(session, settings, ticket, MailKind.ACKNOWLEDGEMENT, facts, once_key=once_key, now=change.at)
    if better and not first:
        once_key = f"promise_raised:{ticket.id}:{ticket.promise.sequence}"
        mail_customer(session, settings, ticket, MailKind.PROMISE_RAISED, facts, once_key=once_key, now=change.at)
