"""Alembic for each service: how migrations run beside the version that is in use, and what a service's role may do.

A table that is in use is changed in two kinds of steps. What changes the catalog only runs in the migration's
transaction, under locks that block for a moment. What reads the whole table (an index, the check of a constraint) runs
in a transaction of its own, under a lock that nobody notices: `add_index`, `add_check`, `add_foreign_key`, `require`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.operations import Operations

LOCK_TIMEOUT, STATEMENT_TIMEOUT = "3s", "30s"
"""For what runs in the migration's own transaction; what reads whole tables outside of it may take its time."""


def migrate(migrations: Path, owner_url: str, app_url: str) -> None:
    """Bring the database to the newest migration, as its owner; grants go to the role of `app_url`."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["owner_url"] = owner_url
    config.attributes["app_role"] = sa.make_url(app_url).username
    command.upgrade(config, "head")


def run_env(metadata: sa.MetaData) -> None:
    """Run what each migrations/env.py asks for, under time-outs: behind a long query it fails fast."""
    attributes = context.config.attributes
    options = {"options": f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT}"}
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
    with engine.begin() as connection:  # so that the service can say at /version how far it was migrated
        connection.execute(sa.text(f'GRANT SELECT ON alembic_version TO "{attributes["app_role"]}"'))
    engine.dispose()


def grant_app(op: Operations | Any, table: str, *, append_only: bool = False, read_only: bool = False) -> None:
    """Let the service's role work with a table; with an append-only one (ledger, audit) only INSERT and SELECT.

    A read-only one is written by triggers that run with the owner's rights.
    """
    rights = "SELECT" if read_only else "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    role = context.config.attributes["app_role"]
    op.execute(f'GRANT {rights} ON "{table}" TO "{role}"')


def take_from_app(op: Operations | Any, rights: str, *tables: str) -> None:
    """Take rights (`"DELETE"`, `"UPDATE, DELETE"`) that the service never uses away from its role."""
    role = context.config.attributes["app_role"]
    for table in tables:
        op.execute(f'REVOKE {rights} ON "{table}" FROM "{role}"')


def grant_sequences(op: Operations | Any) -> None:
    """Let the service's role draw numbers from the sequences that exist now."""
    role = context.config.attributes["app_role"]
    op.execute(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{role}"')


@contextmanager
def _beside_the_work(op: Operations | Any) -> Iterator[None]:
    """What ran before is committed; each statement inside is a transaction of its own and may take its time."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        try:
            yield
        finally:
            op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'; SET statement_timeout = '{STATEMENT_TIMEOUT}'")


def take_time(op: Operations | Any, *statements: str) -> None:
    """Run statements while the work goes on, each in a transaction of its own; together they can be run twice."""
    with _beside_the_work(op):
        for statement in statements:
            op.execute(statement)


def add_index(
    op: Operations | Any,
    name: str,
    table: str,
    columns: str,
    *,
    unique: bool = False,
    where: str = "",
    using: str = "btree",
) -> None:
    """Build an index while the table is in use; one that an interrupted migration left half built is built anew.

    `columns` is the list as SQL has it (`"account_id, id DESC"`), `where` the condition of a partial index.
    """
    with _beside_the_work(op):
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        kind, condition = "UNIQUE INDEX" if unique else "INDEX", f" WHERE {where}" if where else ""
        op.execute(f"CREATE {kind} CONCURRENTLY {name} ON {table} USING {using} ({columns}){condition}")


def drop_index(op: Operations | Any, name: str) -> None:
    """Drop an index without waiting for, or holding up, those who read by it."""
    with _beside_the_work(op):
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def add_check(op: Operations | Any, table: str, name: str, condition: str) -> None:
    """Add a check, in place of one of that name: new rows keep it at once, old ones are looked through afterwards."""
    _add_constraint(op, table, name, f"CHECK ({condition})")


def add_foreign_key(op: Operations | Any, table: str, name: str, columns: str, references: str) -> None:
    """Add a foreign key, in place of one of that name; `references` is `other_table (column)`."""
    _add_constraint(op, table, name, f"FOREIGN KEY ({columns}) REFERENCES {references}")


def _add_constraint(op: Operations | Any, table: str, name: str, rule: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID")
    with _beside_the_work(op):
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def require(op: Operations | Any, table: str, column: str) -> None:
    """Make a column NOT NULL. Postgres takes a valid check's word for it and does not read the table under its lock."""
    proof = f"{table}_{column}_is_there"
    add_check(op, table, proof, f"{column} IS NOT NULL")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {proof}")
