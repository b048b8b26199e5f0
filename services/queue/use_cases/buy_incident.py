"""Send the customer to pay for one incident, and go on without the payment when it does not come."""

from services.queue.domain.tickets import Payment, State, Ticket
from services.queue.errors import NothingToPay
from services.queue.ports import Context
from services.queue.store import tickets, worklists
from services.queue.store.audit import CUSTOMER, SYSTEM, Act
from services.queue.use_cases.freeze_promise import settle_without_payment
from shared import clock
from shared.http import PeerRefused, PeerUnavailable
from shared.telemetry import get_logger

log = get_logger()

BATCH = 200


def may_be_paid(ticket: Ticket) -> bool:
    """Whether a payment for it still buys something: it was wished for, did not arrive, and nobody has answered yet."""
    return (
        ticket.payment in (Payment.PENDING, Payment.NOT_COMPLETED)
        and ticket.state is State.OPEN
        and ticket.first_responded_at is None
        and ticket.product is not None
    )


def checkout_url(context: Context, ticket: Ticket) -> str | None:
    """Where the customer pays for this ticket: billing has one order for each ticket, however often it is asked.

    None when billing does not answer or has nothing to pay: the ticket stands and its page offers to try again.
    Raises NothingToPay when a payment would buy nothing any more.
    """
    if not may_be_paid(ticket) or ticket.product is None or ticket.currency is None:
        raise NothingToPay(ticket.id)
    try:
        order = context.billing.order(
            ticket.id, ticket.contact_email, ticket.product, ticket.currency, context.settings.order_deadline_s
        )
    except (PeerUnavailable, PeerRefused) as error:
        log.warning("payment cannot begin", ticket_id=ticket.id, why=error.message)
        return None
    if ticket.order_id != order.order_id:
        _note_order(context, ticket, order.order_id)
    return order.checkout_url


def _note_order(context: Context, ticket: Ticket, order_id: str) -> None:
    act = Act(actor=CUSTOMER, action="order_made", why="the customer was sent to pay", at=clock.now())
    with context.db.transaction() as session:
        tickets.change(session, tickets.lock(session, ticket.id), act, order_id=order_id)


def go_on_without_payment(context: Context, ticket_id: str) -> None:
    """The customer chose the standard answer after all. Done already, or paid meanwhile: nothing changes."""
    act = Act(actor=CUSTOMER, action="payment_not_completed", why="chose the standard answer", at=clock.now())
    with context.db.transaction() as session:
        settle_without_payment(session, context.settings, tickets.lock(session, ticket_id), act)


def sweep_payments(context: Context) -> None:
    """Stop waiting for payments that did not come in time."""
    now = clock.now()
    with context.db.transaction() as session:
        overdue = worklists.payments_overdue(session, now, BATCH)
    act = Act(actor=SYSTEM, action="payment_not_completed", why="no payment came in time", at=now)
    for ticket_id in overdue:
        with context.db.transaction() as session:
            settle_without_payment(session, context.settings, tickets.lock(session, ticket_id), act)
