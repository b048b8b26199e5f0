"""What Alembic runs for entitlements."""

from services.entitlements.store.tables import metadata
from shared.migrations import run_env

run_env(metadata)
