"""What the use cases of the queue need from outside, as app.py wires it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.queue.config import Settings
from services.queue.gateways.billing import BillingGateway
from services.queue.gateways.entitlements import EntitlementsGateway
from services.queue.gateways.mail import SmtpMailServer
from shared.db import Database
from shared.http import ServiceClient
from shared.retention import Retention


@dataclass(frozen=True, kw_only=True)
class Context:
    """The database, the gateways and the peers; the same in web and worker processes."""

    settings: Settings
    db: Database
    entitlements: EntitlementsGateway
    billing: BillingGateway
    mail: SmtpMailServer
    retention: Sequence[Retention]
    peers: dict[str, ServiceClient]
    """Where the outbox delivers, by recipient."""
