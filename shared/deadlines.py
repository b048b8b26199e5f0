"""A deadline travels with the work: whoever is asked works no longer than the asker waits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Everything inside has that long, or less where an earlier deadline stands already; None changes nothing."""
    standing = _ends.get()
    wanted = None if seconds is None else time.monotonic() + seconds
    known = [end for end in (standing, wanted) if end is not None]
    token = _ends.set(min(known, default=None))
    try:
        yield
    finally:
        _ends.reset(token)


def remaining_s() -> float | None:
    """Seconds that are left, never below a millisecond; None without a deadline."""
    end = _ends.get()
    return None if end is None else max(0.001, end - time.monotonic())


def wait_s() -> float | None:
    """How many seconds the next wait may last. Raises TimeoutError when none are left; None without a deadline."""
    end = _ends.get()
    if end is None:
        return None
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline is over")
    return left
