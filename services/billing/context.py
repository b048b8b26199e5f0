"""What the use cases of billing need from outside, as app.py wires it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.billing.catalog.catalog import Catalog
from services.billing.config import Settings
from services.billing.gateways.entitlements import EntitlementsGateway
from services.billing.gateways.queue import QueueGateway
from services.billing.gateways.stripe.gateway import StripeGateway
from shared.db import Database
from shared.http import ServiceClient
from shared.retention import Retention


@dataclass(frozen=True, kw_only=True)
class Context:
    """The database, the catalog, Stripe and the peers; the same in web and worker processes.

    `entitlements` and `queue` are asked; `peers` are told the events of the outbox, by name.
    """

    settings: Settings
    db: Database
    catalog: Catalog
    stripe: StripeGateway
    entitlements: EntitlementsGateway
    queue: QueueGateway
    retention: Sequence[Retention]
    peers: dict[str, ServiceClient]
