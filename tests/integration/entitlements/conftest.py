"""Entitlements with the shipped policy, on a fresh database."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.entitlements import Told, entitlements


@pytest.fixture
def service(databases: Any) -> Iterator[Told]:
    with entitlements(databases) as told:
        yield told
