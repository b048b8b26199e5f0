"""All tables of billing: each room's stand in `metadata` once it is imported."""

from services.billing.accounts import tables as accounts
from services.billing.base_tables import metadata
from services.billing.installation import tables as installation
from services.billing.ledger import tables as ledger
from services.billing.orders import tables as orders
from services.billing.payments import tables as payments
from services.billing.reconciliation import tables as reconciliation
from services.billing.revenue import tables as revenue
from services.billing.stripe_inbox import tables as stripe_inbox

__all__ = [
    "accounts",
    "installation",
    "ledger",
    "metadata",
    "orders",
    "payments",
    "reconciliation",
    "revenue",
    "stripe_inbox",
]
