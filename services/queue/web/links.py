"""The door of the customer's pages: a link opens its one ticket; wrong, old and foreign ones look all alike."""

from services.queue.domain.links import ticket_id_in, token_opens
from services.queue.domain.tickets import Ticket
from services.queue.errors import TicketNotFound
from services.queue.store import tickets
from services.queue.web import context


def ticket_behind(token: str) -> Ticket:
    """The ticket that this link opens. Raises TicketNotFound for every other link, whatever is wrong with it."""
    secret = context().settings.link_secret
    with context().db.transaction() as session:
        ticket = tickets.find(session, ticket_id_in(token))
    if not token_opens(token, ticket.id, ticket.link_version, secret):
        raise TicketNotFound
    return ticket
