"""What migrations make is what the code declares, and the service's role may do no more than it needs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import errors

from shared.migrations import migrate
from tests.support.declared import ROOT, part
from tests.support.lock_watch import scans_under_lock
from tests.support.settings import SERVICES

ADD, CHANGE, ALL = "SELECT INSERT", "SELECT INSERT UPDATE", "SELECT INSERT UPDATE DELETE"
EVERYWHERE = {
    "alembic_version": "SELECT",  # for /version; migrations alone write it
    "audit_entries": ADD,
    "inbox": ALL,  # forgotten when nobody can send it again
    "outbox": ALL,  # forgotten when it was delivered long ago
    "staff_sessions": ALL,  # the end of a session is the end of its row
}
RIGHTS = {
    "billing": EVERYWHERE
    | {
        "accounts": CHANGE,
        "balance_transactions": CHANGE,
        "book_balances": "SELECT",  # kept by the database itself, with each entry
        "charges": CHANGE,
        "consumptions": CHANGE,
        "contacts": CHANGE,
        "foreign_charges": ALL,  # forgotten when nobody looks at their day any more
        "idempotency_keys": ALL,  # a refusal gives its key back; old ones are forgotten
        "installation": "SELECT",  # made once, by the migration
        "ledger_entries": ADD,
        "ledger_transactions": ADD,
        "order_payments": ADD,
        "orders": CHANGE,
        "reconciliation_exceptions": CHANGE,
        "reconciliations": CHANGE,
        "sweep_positions": CHANGE,
        "webhook_events": ALL,  # forgotten when Stripe would not send them again
    },
    "entitlements": EVERYWHERE
    | {
        "accounts": CHANGE,
        "contacts": "SELECT INSERT DELETE",  # billing tells which addresses an account has
        "credit_entries": ADD,
        "decisions": ADD,
        "grants": CHANGE,
        "tickets": CHANGE,
    },
    "queue": EVERYWHERE
    | {
        "agents": CHANGE,
        "drafts": CHANGE,
        "idempotency_keys": ALL,
        "messages": ADD,
        "outbound_mails": ALL,  # forgotten when they were sent long ago
        "payment_waits": CHANGE,
        "pending_decisions": CHANGE,
        "promise_deadlines": CHANGE,
        "proven_addresses": CHANGE,
        "tickets": CHANGE,
    },
}
"""What the service's role may do with each table: what its code does, and no more. Whoever adds a right says why."""
APPEND_ONLY = {
    "billing": {"ledger_transactions", "ledger_entries", "audit_entries"},
    "entitlements": {"audit_entries", "credit_entries", "decisions"},
    "queue": {"audit_entries"},
}
"""Ledgers and audit trails: the service's role may add and read, and nothing else."""
NEVER_DELETED = {"accounts", "messages", "order_payments", "orders", "tickets"}
CHECKS = """
    SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""
GRANTED = """
    SELECT relname, acl.privilege_type FROM pg_class, aclexplode(relacl) acl
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    AND acl.grantee IN (0, current_user::regrole)
    UNION ALL
    SELECT relname || '.' || attname, acl.privilege_type
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid, aclexplode(attacl) acl
    WHERE relnamespace = 'public'::regnamespace AND acl.grantee IN (0, current_user::regrole)
"""
"""Rights on whole tables and on single columns, of the service's role and of everybody."""


def versions(service: str) -> list[Path]:
    return sorted((ROOT / "services" / service / "migrations" / "versions").glob("*.py"))


def metadata(service: str) -> sa.MetaData:
    declared: sa.MetaData = part(service, "tables").metadata
    return declared


@pytest.fixture
def owner(databases: Any, service: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(databases[service].owner, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def app(databases: Any, service: str) -> Iterator[psycopg.Connection[Any]]:
    url = databases[service].app.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("service", SERVICES)
def test_the_tables_that_migrations_make_are_those_that_the_code_declares(service: str, owner: sa.Connection) -> None:
    context = MigrationContext.configure(owner, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, metadata(service)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_checks_that_migrations_make_are_those_that_the_code_declares(service: str, owner: sa.Connection) -> None:
    """Alembic does not compare check constraints."""
    declared = {
        f"{table.name}.{one.name}"
        for table in metadata(service).tables.values()
        for one in table.constraints
        if isinstance(one, sa.CheckConstraint) and one.name
    }
    assert declared == set(owner.execute(sa.text(CHECKS)).scalars())


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_are_numbered_without_gaps_and_each_follows_the_one_before(service: str) -> None:
    before = None
    for number, path in enumerate(versions(service), 1):
        assert re.fullmatch(rf"{number:04d}_[a-z0-9_]+\.py", path.name), path.name
        told = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in {"revision", "down_revision"}
        }
        assert told == {"revision": f"{number:04d}", "down_revision": before}, path.name
        before = told["revision"]
    assert before is not None


@pytest.mark.parametrize("service", SERVICES)
def test_each_migration_says_why_it_is_there(service: str) -> None:
    for path in versions(service):
        reason = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert len(reason.split()) >= 5, f"{path.name}: {reason!r}"


@pytest.mark.parametrize("service", SERVICES)
def test_no_migration_reads_through_a_table_while_others_wait_for_it(service: str, postgres: Any) -> None:
    with postgres.empty_database(service) as database, scans_under_lock() as found:
        migrate(ROOT / "services" / service / "migrations", database.owner, database.app)
    assert found == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_role_of_the_service_may_do_what_is_written_here_and_nothing_else(
    service: str, app: psycopg.Connection[Any]
) -> None:
    rights: dict[str, set[str]] = {}
    for table, right in app.execute(GRANTED):
        rights.setdefault(table, set()).add(right)
    assert rights == {table: set(given.split()) for table, given in RIGHTS[service].items()}
    assert rights.keys() - {"alembic_version"} == metadata(service).tables.keys(), "each table was granted"


@pytest.mark.parametrize("service", SERVICES)
def test_what_the_business_keeps_cannot_be_deleted_and_a_ledger_only_grows(service: str) -> None:
    written = RIGHTS[service]
    assert {table for table in APPEND_ONLY[service] if written[table] != ADD} == set()
    assert {table for table in NEVER_DELETED & written.keys() if "DELETE" in written[table]} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_what_has_the_name_of_a_ledger_or_an_audit_trail_is_append_only(service: str) -> None:
    named = {name for name in metadata(service).tables if re.search("ledger|audit|journal|credit_entr", name)}
    assert named <= APPEND_ONLY[service]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"])
def test_postgres_itself_refuses_to_change_a_ledger(service: str, app: psycopg.Connection[Any], statement: str) -> None:
    for table in APPEND_ONLY[service]:
        column = next(iter(metadata(service).tables[table].columns)).name
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute(statement.format(table, column, column))  # type: ignore[arg-type]


@pytest.mark.parametrize("service", SERVICES)
def test_the_role_of_the_service_makes_no_tables_and_reads_no_other_database(
    service: str, app: psycopg.Connection[Any], databases: Any
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("CREATE TABLE mine (id integer)")
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("UPDATE alembic_version SET version_num = '0000'")
    for other in set(SERVICES) - {service}:
        theirs = databases[other].app.rpartition("/")[2]
        url = databases[service].app.replace("postgresql+psycopg://", "postgresql://").rpartition("/")[0]
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(f"{url}/{theirs}").close()
