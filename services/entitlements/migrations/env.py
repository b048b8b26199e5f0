"""What Alembic runs for entitlements."""

from services.entitlements.tables import metadata
from shared.migrations import run_env

run_env(metadata)
