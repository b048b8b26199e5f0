"""What all tests stand on: real Postgres and Valkey, started once for each test process."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from sandbox.embedded import forget_postgres, start_postgres, start_valkey
from tests.support.databases import TestPostgres

# On a busy machine the first example waits for hypothesis to build its table of characters: that says nothing of us.
hypothesis.settings.register_profile(
    "here", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("here")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestPostgres]:
    """A real server; without fsync, because a test that ends forgets it."""
    state = tmp_path_factory.mktemp("postgres")
    server = start_postgres(state, durable=False, max_connections=200)
    yield TestPostgres(server.url)
    server.stop()
    forget_postgres(state)  # as root its data lies outside of pytest's folder


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Valkey; its address."""
    server = start_valkey(tmp_path_factory.mktemp("valkey"))
    yield server.url
    server.stop()


@pytest.fixture
def databases(postgres: TestPostgres) -> Iterator[Any]:
    """A fresh migrated database of each service that a test asks for by name: `databases["queue"].app`."""
    with ExitStack() as stack:

        class Fresh(dict[str, Any]):
            def __missing__(self, service: str) -> Any:
                self[service] = stack.enter_context(postgres.database(service))
                return self[service]

        yield Fresh()


def chromium() -> Path | None:
    """Where a Chromium stands on this machine, if any."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = (shutil.which(name) for name in names)
    return next((Path(path) for path in found if path), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the browser tests where there is no browser."""
    if chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium found"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in the last lines how to get the browser tests to run."""
    if chromium() is None:
        terminalreporter.write_line(
            "Browser tests were skipped: no Chromium was found. Install one (Debian, Ubuntu: apt install chromium; "
            "macOS: brew install --cask chromium) and run make test again.",
            yellow=True,
        )
