"""Real Postgres for tests: one server for each test process, migrated once, a fresh copy for each test."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sandbox.databases import SERVICES, create_database, create_databases, drop_database, role_names
from shared.ids import new_id
from shared.migrations import migrate

PASSWORDS = {role: f"{role}-password" for service in SERVICES for role in role_names(service)}


class TestPostgres:
    """The server, with one migrated template for each service."""

    __test__ = False

    def __init__(self, superuser_url: str) -> None:
        self._superuser_url = superuser_url
        self._migrated: set[str] = set()
        self._urls = create_databases(superuser_url, PASSWORDS)

    @contextmanager
    def database(self, service: str) -> Iterator[Any]:
        """A fresh migrated database of a service; gives its owner and app URLs."""
        if service not in self._migrated:
            package = Path(importlib.import_module(f"services.{service}").__file__ or "").parent
            migrate(package / "migrations", self._urls[service].owner, self._urls[service].app)
            self._migrated.add(service)
        name = new_id(service)
        try:
            yield create_database(self._superuser_url, service, PASSWORDS, database=name, template=service)
        finally:
            drop_database(self._superuser_url, name)

    @contextmanager
    def empty_database(self, service: str) -> Iterator[Any]:
        """A database that nobody has migrated; gives its owner and app URLs."""
        name = new_id(service)
        try:
            yield create_database(self._superuser_url, service, PASSWORDS, database=name)
        finally:
            drop_database(self._superuser_url, name)


@contextmanager
def as_owner(variables: Mapping[str, str]) -> Iterator[sa.Connection]:
    """A transaction of the database's owner, who may do what the service may not: time passes, damage is done."""
    engine = sa.create_engine(variables["MIGRATION_DATABASE_URL"], poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        yield connection
