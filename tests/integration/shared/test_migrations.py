"""Migrations run as the owner, give the service's role its rights, and fail fast behind a long query."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import IntegrityError, OperationalError

from shared.migrations import migrate
from tests.support.lock_watch import scans_under_lock

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


STEP = """
import sqlalchemy as sa
from alembic import op
from shared.migrations import add_check, add_foreign_key, add_index, drop_index, require
revision, down_revision = "0002", "0001"
def upgrade():
"""


def upgraded(migrations: Path, database: Any, *steps: str) -> list[str]:
    """Run a second migration of these lines over tables that hold rows; what it read through under a lock."""
    migrate(migrations, database.owner, database.app)
    with connect(database.owner) as owner:
        owner.execute("INSERT INTO things SELECT n, 'thing ' || n FROM generate_series(1, 50) AS n")
        owner.execute("INSERT INTO entries SELECT n FROM generate_series(1, 50) AS n")
    (migrations / "versions" / "0002_step.py").write_text(STEP + "".join(f"    {step}\n" for step in steps))
    with scans_under_lock() as found:
        migrate(migrations, database.owner, database.app)
    return found


CHECKED = "ALTER TABLE things ADD CONSTRAINT named CHECK (name <> '')"


@pytest.mark.parametrize(
    "steps",
    [
        # What two migrations of ours did: validated in the transaction that still held the lock of ADD CONSTRAINT,
        [f"op.execute({CHECKED!r} ' NOT VALID')", "op.execute('ALTER TABLE things VALIDATE CONSTRAINT named')"],
        # and built an index where nobody could write meanwhile.
        ["op.create_index('by_name', 'things', ['name'])"],
        [f"op.execute({CHECKED!r})"],
        ["op.alter_column('things', 'name', nullable=False)"],
        ["op.alter_column('things', 'name', type_=sa.Integer, postgresql_using='id::integer')"],
        ["op.create_foreign_key('fk', 'entries', 'things', ['id'], ['id'])"],
        ["op.add_column('things', sa.Column('token', sa.Text, server_default=sa.text('gen_random_uuid()')))"],
    ],
)
def test_a_step_that_reads_a_table_while_others_wait_is_seen(migrations: Path, database: Any, steps: list[str]) -> None:
    assert upgraded(migrations, database, *steps)


@pytest.mark.parametrize(
    "step",
    [
        "add_check(op, 'things', 'named', \"name <> ''\")",
        "add_index(op, 'by_name', 'things', 'name', where='id > 3')",
        "add_index(op, 'one_each', 'things', 'name', unique=True)",
        "add_foreign_key(op, 'entries', 'fk', 'id', 'things (id)')",
        "require(op, 'things', 'name')",
        "op.add_column('things', sa.Column('size', sa.Integer, nullable=False, server_default='0'))",
    ],
)
def test_our_steps_read_a_table_while_others_work_with_it(migrations: Path, database: Any, step: str) -> None:
    assert upgraded(migrations, database, step) == []


def test_a_check_that_an_old_row_breaks_stops_the_migration_and_can_be_mended(migrations: Path, database: Any) -> None:
    with pytest.raises(IntegrityError, match="named"):
        upgraded(migrations, database, "add_check(op, 'things', 'named', 'id <> 7')")
    with connect(database.owner) as owner:
        owner.execute("DELETE FROM things WHERE id = 7")
    migrate(migrations, database.owner, database.app)
    with connect(database.owner) as owner, pytest.raises(errors.CheckViolation):
        owner.execute("INSERT INTO things VALUES (7, 'again')")


def test_a_half_built_index_is_built_anew(migrations: Path, database: Any) -> None:
    step = "add_index(op, 'one_each', 'things', 'left(name, 5)', unique=True)"
    with pytest.raises(IntegrityError):
        upgraded(migrations, database, step)
    with connect(database.owner) as owner:
        owner.execute("DELETE FROM things WHERE id > 1")
    migrate(migrations, database.owner, database.app)
    with connect(database.owner) as owner:
        valid = owner.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_each'::regclass").fetchone()
    assert valid == (True,)
