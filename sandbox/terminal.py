"""What the terminal shows: a colored name before each line, and in the end a table of addresses."""

import os
import sys
import threading
from itertools import cycle

_COLORS = cycle(("36", "32", "33", "35", "34", "96", "92", "93", "95", "94"))
_NAME_WIDTH = 23
_lock = threading.Lock()
_color_of: dict[str, str] = {}


def _colored() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text: str, color: str) -> str:
    """The text in that ANSI color, where the terminal has colors."""
    return f"\x1b[{color}m{text}\x1b[0m" if _colored() else text


def line(name: str, text: str) -> None:
    """One line of one part, whole, with the part's name before it."""
    with _lock:
        color = _color_of.setdefault(name, next(_COLORS))
        print(f"{paint(name.ljust(_NAME_WIDTH), color)} {text}", flush=True)


def say(text: str = "") -> None:
    """A line of the supervisor itself."""
    with _lock:
        print(text, flush=True)


def table(rows: list[tuple[str, str, str]]) -> str:
    """Rows of three texts in columns."""
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"  {a.ljust(first)}  {paint(b, '1')}{' ' * (second - len(b))}  {c}" for a, b, c in rows)
