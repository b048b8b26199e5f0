"""Ports for tests that start a whole product."""

from sandbox.embedded import free_port
from sandbox.ports import is_free
from sandbox.settings import OFFSETS


def free_base() -> int:
    """A PORT_BASE with all its ports free a moment ago."""
    while True:
        base = free_port() // 10 * 10
        if base < 60_000 and all(is_free(base + offset) for offset in OFFSETS.values()):
            return base
