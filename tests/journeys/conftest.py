"""What the journeys stand on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.house import House, house
from tests.support.patience import patient_pages

__all__ = ["patient_pages"]


@pytest.fixture
def premises(tmp_path: Path, databases: Any, valkey_server: str) -> Iterator[House]:
    """All services and what they stand on, for one test."""
    with house(tmp_path, databases, valkey_server) as built:
        yield built
