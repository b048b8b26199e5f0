"""Tell the customer by when a person answers: first in the acknowledgement, later only what is better."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.mail_out import letters
from services.queue.mail_out import store as mails
from services.queue.mail_out.mail_customer import mail_customer
from services.queue.tickets.address import ticket_url
from services.queue.tickets.audit import Act
from services.queue.tickets.ticket import Payment, State, Ticket


def tell_promise(session: Session, settings: Settings, ticket: Ticket, act: Act, *, better: bool) -> None:
    """Acknowledge once the promise is known and no payment is awaited; later, tell what is better than told before."""
    if ticket.promise is None or ticket.payment is Payment.PENDING or ticket.state is not State.OPEN:
        return
    if ticket.first_responded_at is not None:
        return
    facts = (ticket.number, ticket.promise, ticket.zone, act.at, ticket_url(ticket, settings))
    acknowledged = f"acknowledgement:{ticket.id}"
    if not mails.was_told(session, acknowledged):
        letter = letters.acknowledgement(*facts)
        mail_customer(session, settings, ticket, letter, kind="acknowledgement", once_key=acknowledged, now=act.at)
    elif better:
        once_key = f"promise_raised:{ticket.id}:{ticket.promise.sequence}"
        letter = letters.promise_raised(*facts)
        mail_customer(session, settings, ticket, letter, kind="promise_raised", once_key=once_key, now=act.at)
