"""The address of a customer's page: how it is made, and which ticket stands behind one."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import TicketNotFound
from services.queue.tickets.link import link_token, ticket_id_in, token_opens
from services.queue.tickets.ticket import Ticket


def ticket_path(ticket: Ticket, settings: Settings) -> str:
    """The path of the customer's page. It holds the link's secret: into a mail or a redirect, never into a log."""
    return f"/t/{link_token(ticket.id, ticket.link_version, settings.link_secret)}"


def ticket_url(ticket: Ticket, settings: Settings) -> str:
    """The address of the customer's page; the host comes from the settings, never from a request."""
    return f"{settings.common.public_url}{ticket_path(ticket, settings)}"


def ticket_behind(session: Session, settings: Settings, token: str) -> Ticket:
    """The ticket that this link opens. Raises TicketNotFound for wrong, old and foreign links, which look all alike."""
    ticket = tickets.find(session, ticket_id_in(token))
    if not token_opens(token, ticket.id, ticket.link_version, settings.link_secret):
        raise TicketNotFound
    return ticket
