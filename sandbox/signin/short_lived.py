"""Codes and tokens: in memory, for a while. A restart forgets them, and whoever was under way signs in again."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class ShortLived(Generic[T]):
    """Values by an unguessable key, each gone after `lifetime_s` seconds; safe to use from several threads."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._kept: dict[str, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def put(self, key: str, value: T) -> None:
        """Keep a value, and forget those whose time is over."""
        now = time.monotonic()
        with self._lock:
            self._kept = {other: kept for other, kept in self._kept.items() if kept[0] > now}
            self._kept[key] = (now + self._lifetime_s, value)

    def get(self, key: str) -> T | None:
        """The value, while it lasts."""
        with self._lock:
            return self._alive(self._kept.get(key))

    def take(self, key: str) -> T | None:
        """The value, for the first who asks only."""
        with self._lock:
            return self._alive(self._kept.pop(key, None))

    def forget(self, which: Callable[[T], bool]) -> None:
        """Drop each value of which that is true."""
        with self._lock:
            self._kept = {key: kept for key, kept in self._kept.items() if not which(kept[1])}

    @staticmethod
    def _alive(kept: tuple[float, T] | None) -> T | None:
        return kept[1] if kept and kept[0] > time.monotonic() else None
