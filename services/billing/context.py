"""What the use cases of billing need from outside, as app.py wires it."""

from dataclasses import dataclass

from services.billing.catalog.catalog import Catalog
from services.billing.config import Settings
from services.billing.gateways.stripe.gateway import StripeGateway
from shared.db import Database
from shared.http import ServiceClient


@dataclass(frozen=True, kw_only=True)
class Context:
    """The database, the catalog, Stripe and the peers; the same in web and worker processes."""

    settings: Settings
    db: Database
    catalog: Catalog
    stripe: StripeGateway
    peers: dict[str, ServiceClient]
