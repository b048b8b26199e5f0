"""A database, an owner and an app role for each service: what a managed Postgres would be given by its operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

SERVICES = ("billing", "entitlements", "queue")


@dataclass(frozen=True, kw_only=True)
class DatabaseUrls:
    """SQLAlchemy URLs (`postgresql+psycopg://…`) of one service's database.

    `owner` may change the schema (`migrate` only); `app` may do what migrations granted.
    """

    owner: str
    app: str


def role_names(service: str) -> tuple[str, str]:
    """The owner role and the app role of a service."""
    return f"{service}_owner", f"{service}_app"


def create_databases(superuser_url: str, passwords: Mapping[str, str]) -> dict[str, DatabaseUrls]:
    """Make each service's database and roles, or leave them as they are. Idempotent.

    `passwords` maps role name to password, for all of `role_names` of all SERVICES. Nobody may connect to a database
    who was not named: CONNECT is revoked from PUBLIC everywhere, also on `postgres` and `template1`.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for database in ("postgres", "template1"):
            _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
        for service in SERVICES:
            for role in role_names(service):
                create_role(connection, role, passwords[role])
    return {service: create_database(superuser_url, service, passwords) for service in SERVICES}


def create_role(connection: psycopg.Connection, role: str, password: str) -> None:
    """Make the login role, or set its password."""
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if exists else "CREATE"
    statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def create_database(
    superuser_url: str,
    service: str,
    passwords: Mapping[str, str],
    *,
    database: str | None = None,
    template: str | None = None,
) -> DatabaseUrls:
    """Make one database for the roles of `service`, or leave it; the roles exist already.

    `database` (default: the service's name) and `template` serve tests: a fresh copy of a migrated database takes a
    tenth of a second. The owner owns database and schema; the app role gets CONNECT and USAGE, migrations grant
    the rest.
    """
    database = database or service
    owner, app = role_names(service)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not exists:
            if template is None:
                _run(connection, "CREATE DATABASE {} OWNER {}", database, owner)
            else:
                _run(connection, "CREATE DATABASE {} OWNER {} TEMPLATE {}", database, owner, template)
        _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
        _run(connection, "GRANT CONNECT ON DATABASE {} TO {}", database, app)
    if not exists and template is None:
        with psycopg.connect(_at(superuser_url, database), autocommit=True) as connection:
            _run(connection, "ALTER SCHEMA public OWNER TO {}", owner)
            _run(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
            _run(connection, "GRANT USAGE ON SCHEMA public TO {}", app)
    return DatabaseUrls(
        owner=_service_url(superuser_url, owner, passwords[owner], database),
        app=_service_url(superuser_url, app, passwords[app], database),
    )


def drop_database(superuser_url: str, database: str) -> None:
    """Remove a test's database, whoever is still connected."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    # The statements are this module's own; names are quoted by psycopg.
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _at(url: str, database: str) -> str:
    return psycopg.conninfo.make_conninfo(url, dbname=database)


def _service_url(superuser_url: str, role: str, password: str, database: str) -> str:
    place = conninfo_to_dict(superuser_url)
    where = f"{place.get('host', 'localhost')}:{place.get('port', 5432)}"
    return f"postgresql+psycopg://{role}:{quote(password, safe='')}@{where}/{database}"
