"""Whether a payment for a ticket still buys something."""

from services.queue.tickets.ticket import Payment, State, Ticket


def may_be_paid(ticket: Ticket) -> bool:
    """Whether a payment for it still buys something: it was wanted, did not arrive, and nobody has answered yet."""
    return (
        ticket.payment in (Payment.PENDING, Payment.NOT_COMPLETED)
        and ticket.state is State.OPEN
        and ticket.first_responded_at is None
        and ticket.product is not None
    )
