"""Freeze a promise on its ticket, or raise the one that stands, and tell the customer."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.conversation import store as messages
from services.queue.decisions.tell_promise import tell_promise
from services.queue.tickets import store as tickets
from services.queue.tickets.promise import Promise, is_better, raised
from services.queue.tickets.ticket import Payment, Ticket, queued_with
from shared.audit import Change
from shared.sentences import Sentence


def freeze_promise(session: Session, settings: Settings, ticket: Ticket, offered: Promise, change: Change) -> Ticket:
    """Let the promise of a locked ticket rise to what is offered; what is not better changes nothing that was shown.

    A promise that something pays for ends the waiting for a payment: it was bought for this ticket, or an incident that
    was left is used in its place.
    """
    after = raised(ticket.promise, offered)
    if after == ticket.promise:
        return ticket
    payment = _payment_after(ticket.payment, offered)
    paid = payment is Payment.PAID and ticket.payment is not Payment.PAID
    better = is_better(ticket.promise, after)
    standing, was_paying = ticket.promise, ticket.payment is Payment.PENDING
    values = tickets.promise_values(after) | {"queued": queued_with(ticket, payment, after)}
    if payment is not ticket.payment:
        values |= {"payment": payment.value}
    ticket = tickets.alter(session, ticket, change, **values)
    if paid:
        messages.add_line(session, ticket, Sentence.of("payment_arrived"), change.at)
    if standing is not None and better and ticket.first_responded_at is None:
        # Who has just paid was not told any other time before: what is not paid yet is promised by no mail.
        line = (
            Sentence.of("answered_by", respond_by=after.respond_by)
            if was_paying
            else Sentence.of("answered_sooner", respond_by=after.respond_by)
        )
        messages.add_line(session, ticket, line, change.at)
    tell_promise(session, settings, ticket, change, better=better, paid=paid)
    return ticket


def _payment_after(payment: Payment, promise: Promise) -> Payment:
    if promise.source is None or payment not in (Payment.PENDING, Payment.NOT_COMPLETED):
        return payment
    # The ticket's own purchase comes before what else its account has, and entitlements says which one it was.
    used_another = any(reason.code == "credit_of_account" for reason in promise.reasons)
    return Payment.NONE if used_another else Payment.PAID
