"""Send the customer to pay for one incident."""

from services.queue.context import Context
from services.queue.payments.errors import NothingToPay
from services.queue.payments.payment import may_be_paid
from services.queue.tickets import store as tickets
from services.queue.tickets.ticket import Ticket
from shared import clock
from shared.audit import CUSTOMER, Change
from shared.http import PeerRefused, PeerUnavailable
from shared.telemetry import get_logger

log = get_logger()


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
    change = Change(actor=CUSTOMER, action="order_made", why="the customer was sent to pay", at=clock.now())
    with context.db.transaction() as session:
        tickets.alter(session, tickets.lock(session, ticket.id), change, order_id=order_id)
