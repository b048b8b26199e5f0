"""The address of a customer's page: how it is made for a browser and for a mail, and who comes by one."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import TicketNotFound
from services.queue.tickets.link import LinkKind, kind_of, link_token, ticket_id_in
from services.queue.tickets.ticket import Ticket


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody who came by a ticket's link, and by which kind of it."""

    ticket: Ticket
    link: LinkKind

    @property
    def proven(self) -> bool:
        """Whether they read what is mailed to the ticket's address; only then is it theirs to know and to use."""
        return self.link is LinkKind.MAIL


def page_path(ticket: Ticket, settings: Settings) -> str:
    """The path of the customer's page, for a redirect. It holds the link's secret: never into a log."""
    return f"/t/{_token(LinkKind.PAGE, ticket, settings)}"


def mailed_url(ticket: Ticket, settings: Settings) -> str:
    """The address of the customer's page, for a mail and nothing else: whoever comes by it has proved the address.

    The host comes from the settings, never from a request.
    """
    return f"{settings.common.public_url}/t/{_token(LinkKind.MAIL, ticket, settings)}"


def _token(kind: LinkKind, ticket: Ticket, settings: Settings) -> str:
    return link_token(kind, ticket.id, ticket.link_version, settings.link_secret)


def visit_behind(session: Session, settings: Settings, token: str) -> Visit:
    """Who comes by this link. Raises TicketNotFound for wrong, old and foreign links, which look all alike."""
    ticket_id = ticket_id_in(token)
    if ticket_id is None:
        raise TicketNotFound
    ticket = tickets.find(session, ticket_id)
    link = kind_of(token, ticket.id, ticket.link_version, settings.link_secret)
    if link is None:
        raise TicketNotFound
    return Visit(ticket=ticket, link=link)
