"""Freeze a promise on its ticket, or raise the one that stands, and tell the customer."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.conversation import store as messages
from services.queue.decisions.tell_promise import tell_promise
from services.queue.mail_out.wording import absolute
from services.queue.tickets import store as tickets
from services.queue.tickets.audit import Act
from services.queue.tickets.promise import Promise, ResponseClass, is_better, raised
from services.queue.tickets.ticket import Payment, Ticket, queued_with


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
    values = tickets.promise_values(after) | {"queued": queued_with(ticket, payment, after)}
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
