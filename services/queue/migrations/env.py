"""Alembic's entry: everything is in shared.migrations."""

from services.queue.tables import metadata
from shared.migrations import run_env

run_env(metadata)
