"""Tell the customer that we have the ticket, by when a person answers, and later only what is better."""

from datetime import timedelta

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.mail_out.letter import MailKind
from services.queue.mail_out.mail_customer import AT_ONCE, complete_mail, mail_customer
from services.queue.mail_out.store import promise_was_told
from services.queue.tickets.promise import as_json
from services.queue.tickets.ticket import Payment, State, Ticket
from shared.audit import Change


def acknowledge(session: Session, settings: Settings, ticket: Ticket, change: Change, *, decided_in: timedelta) -> None:
    """Write the mail with the link in the transaction that stores the ticket: it goes out whatever comes after.

    To who pays, at once, with how to pay. Else the decision completes it, for which it waits so long as `decided_in`.
    """
    pays = ticket.payment is Payment.PENDING
    facts = {"pay_within_minutes": settings.payment_wait // timedelta(minutes=1) if pays else None}
    mail_customer(
        session,
        settings,
        ticket,
        MailKind.ACKNOWLEDGEMENT,
        facts,
        once_key=_acknowledgement(ticket),
        now=change.at,
        after=AT_ONCE if pays else decided_in,
    )


def tell_promise(
    session: Session, settings: Settings, ticket: Ticket, change: Change, *, better: bool, paid: bool = False
) -> None:
    """Say by when a person answers, unless a payment is awaited; later what is better. `paid`: bought just now."""
    if ticket.promise is None or ticket.payment is Payment.PENDING or ticket.state is not State.OPEN:
        return
    if ticket.first_responded_at is not None:
        return
    facts = {"promise": as_json(ticket.promise)}
    if paid:
        kind, once_key = MailKind.PAID, f"paid:{ticket.id}"
    elif not promise_was_told(session, ticket.id):
        if complete_mail(session, facts, once_key=_acknowledgement(ticket)):
            return
        kind, once_key = MailKind.PROMISED, f"promised:{ticket.id}"
    elif better:
        kind, once_key = MailKind.PROMISE_RAISED, f"promise_raised:{ticket.id}:{ticket.promise.sequence}"
    else:
        return
    mail_customer(session, settings, ticket, kind, facts, once_key=once_key, now=change.at)


def _acknowledgement(ticket: Ticket) -> str:
    return f"acknowledgement:{ticket.id}"
