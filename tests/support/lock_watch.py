"""Watches migrations: which statement reads through a table while its transaction keeps others from working with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

_IN_THE_WAY = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
"""Locks that keep writers out, or readers too. CREATE INDEX without CONCURRENTLY takes the first."""


@contextmanager
def scans_under_lock() -> Iterator[list[str]]:
    """Collects `statement (lock on table)` for each such statement of any SQLAlchemy connection inside the block."""
    found: list[str] = []
    watch = _Watch(found)
    sa.event.listen(sa.Engine, "begin", watch.begin)
    sa.event.listen(sa.Engine, "after_cursor_execute", watch.after)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "begin", watch.begin)
        sa.event.remove(sa.Engine, "after_cursor_execute", watch.after)


class _Watch:
    def __init__(self, found: list[str]) -> None:
        self._found = found
        self._known: set[str] = set()
        self._scans: dict[str, int] = {}

    def begin(self, connection: sa.Connection) -> None:
        """Which tables were there before this transaction, and what the server still counts of the one before it."""
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT relname, seq_scan FROM pg_stat_xact_user_tables")
            self._scans = dict(cursor.fetchall())
        self._known = set(self._scans)

    def after(self, connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        """Whether it has read through a table that was there before, under a lock that its transaction holds."""
        if not connection.in_transaction():
            return
        with connection.connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT stat.relname, lock.mode, stat.seq_scan FROM pg_locks AS lock
                JOIN pg_stat_xact_user_tables AS stat ON stat.relid = lock.relation
                WHERE lock.pid = pg_backend_pid() AND lock.granted AND lock.mode = ANY(%s) AND stat.relname = ANY(%s)
                """,
                (list(_IN_THE_WAY), list(self._known)),
            )
            rows = cursor.fetchall()
        for table, mode, scans in rows:
            if scans > self._scans.get(table, 0) and table != "alembic_version":
                self._found.append(f"{' '.join(statement.split())} ({mode} on {table})")
        self._scans |= {table: scans for table, _, scans in rows}
