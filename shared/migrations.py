"""Alembic for each service: how migrations run, and what a service's own role may do with a table."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.operations import Operations


def migrate(migrations: Path, owner_url: str, app_url: str) -> None:
    """Bring the database to the newest migration, as its owner; grants go to the role of `app_url`."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["owner_url"] = owner_url
    config.attributes["app_role"] = sa.make_url(app_url).username
    command.upgrade(config, "head")


def run_env(metadata: sa.MetaData) -> None:
    """Run what each migrations/env.py asks for, under a lock time-out: behind a long query it fails fast."""
    attributes = context.config.attributes
    options = {"options": "-c lock_timeout=3s"}
    engine = sa.create_engine(attributes["owner_url"], poolclass=sa.pool.NullPool, connect_args=options)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            compare_type=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def grant_app(op: Operations | Any, table: str, *, append_only: bool = False) -> None:
    """Let the service's role work with a table; with an append-only one (ledger, audit) only INSERT and SELECT."""
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    role = context.config.attributes["app_role"]
    op.execute(f'GRANT {rights} ON "{table}" TO "{role}"')


def grant_sequences(op: Operations | Any) -> None:
    """Let the service's role draw numbers from the sequences that exist now."""
    role = context.config.attributes["app_role"]
    op.execute(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{role}"')
