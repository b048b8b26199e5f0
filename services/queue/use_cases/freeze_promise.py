"""Freeze a promise on its ticket, or raise the one that stands, and tell the customer."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.domain import letters
from services.queue.domain.promise import Promise, ResponseClass, is_better, raised
from services.queue.domain.tickets import Payment, State, Ticket, may_be_handed_out
from services.queue.domain.wording import absolute
from services.queue.store import mails, messages, tickets
from services.queue.store.audit import Act
from services.queue.use_cases.mail_customer import mail_customer, ticket_url


def freeze_promise(session: Session, settings: Settings, ticket: Ticket, offered: Promise, act: Act) -> Ticket:
    """Let the promise of a locked ticket rise to what is offered; what is not better changes nothing that was shown.

    A premium decision that rests on a grant ends the waiting for a payment: the grant was bought for this ticket.
    """
    after = raised(ticket.promise, offered)
    if after == ticket.promise:
        return ticket
    paid = (
        ticket.payment in (Payment.PENDING, Payment.NOT_COMPLETED)
        and offered.response_class is ResponseClass.PREMIUM
        and offered.grant_id is not None
    )
    payment = Payment.PAID if paid else ticket.payment
    better = is_better(ticket.promise, after)
    standing, was_paying = ticket.promise, ticket.payment is Payment.PENDING
    values = tickets.promise_values(after) | {"queued": _queued(ticket, payment, after)}
    if paid:
        values |= {"payment": payment.value, "payment_wait_until": None}
    ticket = tickets.change(session, ticket, act, **values)
    if paid:
        messages.add_line(session, ticket, "Your payment has arrived.", act.at)
    if standing is not None and better and ticket.first_responded_at is None:
        due = absolute(after.respond_by, ticket.zone, act.at)
        # Who has just paid was not told any other time before: the acknowledgement had waited for the payment.
        line = f"A person answers by {due}." if was_paying else f"The answer comes sooner now: by {due}."
        messages.add_line(session, ticket, line, act.at)
    tell_promise(session, settings, ticket, act, better=better)
    return ticket


def settle_without_payment(session: Session, settings: Settings, ticket: Ticket, act: Act) -> Ticket:
    """Stop waiting for the payment of a locked ticket: it goes on as it is. A payment that comes later still counts."""
    if ticket.payment is not Payment.PENDING:
        return ticket
    values = {
        "payment": Payment.NOT_COMPLETED.value,
        "payment_wait_until": None,
        "queued": _queued(ticket, Payment.NOT_COMPLETED, ticket.promise),
    }
    ticket = tickets.change(session, ticket, act, **values)
    tell_promise(session, settings, ticket, act, better=False)
    return ticket


def _queued(ticket: Ticket, payment: Payment, promise: Promise | None) -> bool:
    """Nobody has had it yet: then agents get it as soon as they may. An agent who has it keeps it."""
    return ticket.queued or (ticket.owner_id is None and may_be_handed_out(ticket.state, payment, promise))


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
