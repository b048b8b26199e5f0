"""Whether a payment for a ticket, or an incident that was bought before, still buys something."""

from services.queue.tickets.ticket import Payment, State, Ticket


def may_be_paid(ticket: Ticket) -> bool:
    """Whether a payment for it still buys something: it was wanted, did not arrive, and nobody has answered yet."""
    return (
        ticket.payment in (Payment.PENDING, Payment.NOT_COMPLETED)
        and ticket.state is State.OPEN
        and ticket.first_responded_at is None
        and ticket.product is not None
    )


def may_use_incident(ticket: Ticket) -> bool:
    """Whether an incident that is left still helps it: nothing stands behind its promise, and nobody has answered."""
    return ticket.state is State.OPEN and ticket.first_responded_at is None and not stands_paid(ticket)


def stands_paid(ticket: Ticket) -> bool:
    """Whether a purchase or an incident stands behind its promise."""
    return ticket.promise is not None and ticket.promise.source is not None
