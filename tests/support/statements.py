"""Counts the statements that a piece of work sends to its database; what begins a transaction is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from shared.db import Database


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """Collects the statements of this database inside the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SET ")):
            seen.append(statement)

    sa.event.listen(db.engine, "after_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "after_cursor_execute", note)
