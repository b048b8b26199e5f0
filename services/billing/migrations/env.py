"""Alembic's entry: everything is in shared.migrations."""

from services.billing.tables import metadata
from shared.migrations import run_env

run_env(metadata)
