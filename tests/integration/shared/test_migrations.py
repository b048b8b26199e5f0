"""Migrations run as the owner, give the service's role its rights, and fail fast behind a long query."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import OperationalError

from shared.migrations import migrate

ENV = """
import sqlalchemy as sa
from shared.migrations import run_env
run_env(sa.MetaData())
"""
FIRST = """
import sqlalchemy as sa
from alembic import op
from shared.migrations import grant_app, grant_sequences
revision, down_revision = "0001", None
def upgrade():
    op.create_table("things", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text))
    op.create_table("entries", sa.Column("id", sa.BigInteger, primary_key=True))
    grant_app(op, "things")
    grant_app(op, "entries", append_only=True)
    grant_sequences(op)
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.add_column("things", sa.Column("size", sa.Integer))
"""
WRONG = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.add_column("things", sa.Column("size", sa.Integer))
    op.add_column("nowhere", sa.Column("size", sa.Integer))
"""


@pytest.fixture
def database(postgres: Any) -> Iterator[Any]:
    with postgres.empty_database("billing") as database:
        yield database


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions" / "0001_things.py").write_text(FIRST)
    return tmp_path


def connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)


def columns(database: Any) -> list[str]:
    with connect(database.owner) as connection:
        rows = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'things' ORDER BY 1"
        )
        return [name for (name,) in rows]


def test_the_owner_makes_tables_and_the_service_works_with_them(migrations: Path, database: Any) -> None:
    migrate(migrations, database.owner, database.app)
    with connect(database.app) as app:
        app.execute("INSERT INTO things (name) VALUES ('one')")
        app.execute("INSERT INTO entries DEFAULT VALUES")
        app.execute("UPDATE things SET name = 'two'")
        for statement in ("UPDATE entries SET id = 1", "DELETE FROM entries", "DROP TABLE things"):
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement)


def test_migrating_again_changes_nothing(migrations: Path, database: Any) -> None:
    for _ in range(2):
        migrate(migrations, database.owner, database.app)
    assert columns(database) == ["id", "name"]


def test_behind_a_long_query_a_migration_fails_fast_and_can_be_run_again(migrations: Path, database: Any) -> None:
    migrate(migrations, database.owner, database.app)
    (migrations / "versions" / "0002_size.py").write_text(SECOND)
    with connect(database.app) as reader, reader.transaction():
        reader.execute("SELECT * FROM things")
        began = time.monotonic()
        with pytest.raises(OperationalError, match="lock timeout"):
            migrate(migrations, database.owner, database.app)
        assert time.monotonic() - began < 10
    assert columns(database) == ["id", "name"]
    migrate(migrations, database.owner, database.app)
    assert columns(database) == ["id", "name", "size"]


def test_a_migration_that_fails_half_way_leaves_nothing(migrations: Path, database: Any) -> None:
    migrate(migrations, database.owner, database.app)
    (migrations / "versions" / "0002_size.py").write_text(WRONG)
    with pytest.raises(Exception, match="nowhere"):
        migrate(migrations, database.owner, database.app)
    assert columns(database) == ["id", "name"]
