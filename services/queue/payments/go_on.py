"""Go on without the payment: the customer chose so, or it did not come in time."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.context import Context
from services.queue.decisions.tell_promise import tell_promise
from services.queue.payments import store as payments
from services.queue.tickets import store as tickets
from services.queue.tickets.audit import CUSTOMER, SYSTEM, Act
from services.queue.tickets.ticket import Payment, Ticket, queued_with
from shared import clock

BATCH = 200


def go_on_without_payment(context: Context, ticket_id: str) -> None:
    """The customer chose the standard answer after all. Done already, or paid meanwhile: nothing changes."""
    act = Act(actor=CUSTOMER, action="payment_not_completed", why="chose the standard answer", at=clock.now())
    with context.db.transaction() as session:
        _settle(session, context.settings, tickets.lock(session, ticket_id), act)


def sweep_payments(context: Context) -> None:
    """Stop waiting for payments that did not come in time."""
    now = clock.now()
    with context.db.transaction() as session:
        overdue = payments.payments_overdue(session, now, BATCH)
    act = Act(actor=SYSTEM, action="payment_not_completed", why="no payment came in time", at=now)
    for ticket_id in overdue:
        with context.db.transaction() as session:
            _settle(session, context.settings, tickets.lock(session, ticket_id), act)


def _settle(session: Session, settings: Settings, ticket: Ticket, act: Act) -> None:
    """Stop waiting for the payment of a locked ticket: it goes on as it is. A payment that comes later still counts."""
    if ticket.payment is not Payment.PENDING:
        return
    values = {
        "payment": Payment.NOT_COMPLETED.value,
        "payment_wait_until": None,
        "queued": queued_with(ticket, Payment.NOT_COMPLETED, ticket.promise),
    }
    ticket = tickets.change(session, ticket, act, **values)
    tell_promise(session, settings, ticket, act, better=False)
