"""What the queue needs from outside, as Protocols; and Context, which app.py fills with what satisfies them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.queue.config import Settings
from services.queue.domain.offers import Balance, Offer, Order
from services.queue.domain.promise import Promise
from shared.db import Database
from shared.http import ServiceClient


@dataclass(frozen=True, kw_only=True)
class Question:
    """What entitlements is asked. `requester_verified`: the address is proven and its credits may be used."""

    ticket_id: str
    requester_email: str
    requester_verified: bool
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail, ready to send. `references` are the Message-IDs of the ticket's earlier mails, oldest first."""

    message_id: str
    to_address: str
    subject: str
    text: str
    html: str
    references: tuple[str, ...]


class Entitlements(Protocol):
    """Who may have which answer time."""

    def decide(self, question: Question, deadline_s: float) -> Promise:
        """The decision for a ticket, the same one however often it is asked. Raises PeerUnavailable or PeerRefused."""

    def balance(self, email: str, deadline_s: float) -> Balance:
        """What the address has left. Raises PeerUnavailable or PeerRefused."""


class Billing(Protocol):
    """Where incidents are bought."""

    def offers(self) -> tuple[Offer, ...]:
        """What is on offer now. Raises PeerUnavailable."""

    def order(self, ticket_id: str, contact_email: str, product: str, currency: str, deadline_s: float) -> Order:
        """The order for a ticket, the same one however often it is asked. Raises PeerUnavailable or PeerRefused."""


class MailServer(Protocol):
    """Takes mails."""

    def send(self, mail: Mail) -> None:
        """Returns when the mail server has taken it. Raises MailServerUnavailable or MailRefused."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """All that the use cases of this service are wired with."""

    settings: Settings
    db: Database
    entitlements: Entitlements
    billing: Billing
    mail: MailServer
    peers: dict[str, ServiceClient] = field(default_factory=dict)
    """Where the outbox delivers, by recipient."""
