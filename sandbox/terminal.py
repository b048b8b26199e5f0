"""What the terminal shows: one short line for each thing that happens, and a table of addresses."""

import os
import sys
import threading
from contextlib import suppress

_NAME_WIDTH = 23
GOOD, WARNING = "32", "33"
_TROUBLE = (" WARNING ", " ERROR ", " CRITICAL ", "Traceback")
_lock = threading.Lock()


def _colored() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text: str, color: str) -> str:
    """The text in that ANSI color, where the terminal has colors."""
    return f"\x1b[{color}m{text}\x1b[0m" if _colored() else text


def _show(text: str) -> None:
    with _lock, suppress(OSError):  # the terminal was closed: the logs are still written, and everything stops cleanly
        print(text, flush=True)


def line(text: str) -> None:
    """One line of one part, whole; what went wrong stands out."""
    _show(paint(text, WARNING) if any(word in text for word in _TROUBLE) else text)


def say(text: str = "") -> None:
    """A line of the supervisor itself."""
    _show(text)


def came_up(name: str, word: str, seconds: float) -> None:
    """A part that has come up: what it is now, and how long that took."""
    _show(f"  {paint(word.ljust(7), GOOD)}  {name.ljust(_NAME_WIDTH)} {seconds:5.1f} s")


def table(rows: list[tuple[str, str, str]]) -> str:
    """Rows of three texts in columns."""
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"  {a.ljust(first)}  {paint(b, '1')}{' ' * (second - len(b))}  {c}" for a, b, c in rows)
