"""All tables of entitlements: each room's stand in `metadata` once it is imported."""

from services.entitlements.accounts import tables as accounts
from services.entitlements.base_tables import metadata
from services.entitlements.credits import tables as credit_tables
from services.entitlements.decisions import tables as decisions
from services.entitlements.tickets import tables as tickets

__all__ = ["accounts", "credit_tables", "decisions", "metadata", "tickets"]
