"""What tests of background work stand on: an empty Valkey, the odd service's way to wake jobs, and its notes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from shared.jobs import JobQueue
from tests.support.odd_service import NAME


@pytest.fixture
def redis(valkey_server: str) -> Iterator[Redis]:
    """A Valkey in which nothing lies."""
    client = Redis.from_url(valkey_server)
    client.flushall()
    yield client
    client.flushall()
    client.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the jobs write what they saw."""
    return tmp_path / "notes"


@pytest.fixture
def service(redis: Redis, valkey_server: str) -> Iterator[JobQueue]:  # noqa: ARG001 - an empty Valkey
    """Wakes jobs of the odd service."""
    queue = JobQueue(valkey_server, NAME)
    yield queue
    queue._redis.close()
