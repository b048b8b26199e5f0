"""Go on without the payment: the customer chose so, or it did not come in time."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.context import Context
from services.queue.decisions.tell_promise import tell_promise
from services.queue.payments.store import WORK
from services.queue.tickets import store as tickets
from services.queue.tickets.ticket import Payment, Ticket, queued_with
from shared import clock
from shared.audit import CUSTOMER, SYSTEM, Change
from shared.work.item import Item


def go_on_without_payment(context: Context, ticket_id: str) -> None:
    """The customer chose the standard answer after all. Done already, or paid meanwhile: nothing changes."""
    change = _change(CUSTOMER, "chose the standard answer")
    with context.db.transaction() as session:
        _settle(session, context.settings, tickets.lock(session, ticket_id), change)
        WORK.forget(session, ticket_id)


def end_wait(context: Context, item: Item) -> None:
    """The wait for a payment is over. Paid by now, or gone on before: nothing changes."""
    change = _change(SYSTEM, "no payment came in time")
    with context.db.transaction() as session:
        _settle(session, context.settings, tickets.lock(session, item.key), change)
        WORK.done(session, item)


def _change(actor: str, why: str) -> Change:
    return Change(actor=actor, action="payment_not_completed", why=why, at=clock.now())


def _settle(session: Session, settings: Settings, ticket: Ticket, change: Change) -> None:
    """Stop waiting for the payment of a locked ticket: it goes on as it is. A payment that comes later still counts."""
    if ticket.payment is not Payment.PENDING:
        return
    values = {
        "payment": Payment.NOT_COMPLETED.value,
        "queued": queued_with(ticket, Payment.NOT_COMPLETED, ticket.promise),
    }
    ticket = tickets.alter(session, ticket, change, **values)
    tell_promise(session, settings, ticket, change, better=False)
