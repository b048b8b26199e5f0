"""Keeps every object as a JSON document in one SQLite file: one writer at a time, many readers, safe restarts."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sandbox.stripe.errors import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
    body TEXT NOT NULL, body_before TEXT);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_created ON objects (kind, created);
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_by_payout ON objects (kind, json_extract(body, '$._payout'));
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (kind, json_extract(body, '$.charge'));
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, request_id TEXT NOT NULL, created INTEGER NOT NULL,
    status INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, event_type TEXT NOT NULL, endpoint_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'dropped')),
    due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, twist TEXT, payload TEXT, last_status INTEGER,
    last_error TEXT);
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event_id);
CREATE TABLE IF NOT EXISTS timers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS timers_by_due ON timers (due);
CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), ahead_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, matching TEXT NOT NULL, remaining INTEGER,
    seconds REAL NOT NULL, share REAL NOT NULL DEFAULT 1, status INTEGER NOT NULL DEFAULT 500,
    seen INTEGER NOT NULL DEFAULT 0);
"""
_VERSION = 2
"""Of the tables. Faults of an earlier one are switched off; everything else has kept its form."""

Condition = tuple[str, Sequence[Any]]


class Tx:
    """One transaction over the documents. Keys that begin with `_` are the stand-in's own and never leave it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection

    def add(self, document: Json) -> Json:
        """Store a new document under its `id` and `object`."""
        self.sql.execute(
            "INSERT INTO objects (id, kind, created, body) VALUES (?, ?, ?, ?)",
            (document["id"], document["object"], document["created"], json.dumps(document)),
        )
        return document

    def put(self, document: Json) -> Json:
        """Replace a document; what it was before stays readable once (`before`)."""
        self.sql.execute(
            "UPDATE objects SET body_before = body, body = ? WHERE id = ?", (json.dumps(document), document["id"])
        )
        return document

    def get(self, kind: str, document_id: str) -> Json | None:
        """The document, or None."""
        row = self.sql.execute("SELECT body FROM objects WHERE id = ? AND kind = ?", (document_id, kind)).fetchone()
        return _document(row)

    def before(self, document_id: str) -> Json | None:
        """The document as it was before its last change, or None."""
        row = self.sql.execute("SELECT body_before FROM objects WHERE id = ?", (document_id,)).fetchone()
        return _document(row)

    def remove(self, document_id: str) -> None:
        """Forget a document."""
        self.sql.execute("DELETE FROM objects WHERE id = ?", (document_id,))

    def position(self, kind: str, document_id: str) -> int | None:
        """Where the document stands among all, for pages of a list."""
        row = self.sql.execute("SELECT seq FROM objects WHERE id = ? AND kind = ?", (document_id, kind)).fetchone()
        return None if row is None else int(row[0])

    def select(
        self, kind: str, conditions: Sequence[Condition] = (), *, limit: int = -1, newest_first: bool = True
    ) -> list[Json]:
        """Documents of a kind that meet all conditions (SQL over `seq`, `created`, `body`, with their values)."""
        where = " AND ".join(["kind = ?", *(clause for clause, _ in conditions)])
        values = [kind, *(value for _, given in conditions for value in given), limit]
        order = "DESC" if newest_first else "ASC"
        rows = self.sql.execute(f"SELECT body FROM objects WHERE {where} ORDER BY seq {order} LIMIT ?", values)  # noqa: S608 - clauses are constants of this package
        return [json.loads(row[0]) for row in rows]

    def count(self, kind: str) -> int:
        """How many documents of a kind there are."""
        return int(self.sql.execute("SELECT count(*) FROM objects WHERE kind = ?", (kind,)).fetchone()[0])

    def keep_clock(self, ahead_s: float) -> None:
        """Remember how far ahead of real time the clock is."""
        self.sql.execute("INSERT OR REPLACE INTO clock (one, ahead_s) VALUES (1, ?)", (ahead_s,))

    def set_timer(self, due: float, action: str, subject: str) -> None:
        """Have `action` done about the subject at a moment (Unix seconds)."""
        self.sql.execute("INSERT INTO timers (due, action, subject) VALUES (?, ?, ?)", (due, action, subject))


def equals(field: str, value: Any) -> Condition:
    """The condition that a top-level field has this value."""
    return f"json_extract(body, '$.{field}') = ?", (value,)


def _document(row: tuple[str | None] | None) -> Json | None:
    if row is None or row[0] is None:
        return None
    document: Json = json.loads(row[0])
    return document


class Store:
    """The database file. Writers take turns in this process, because SQLite has one writer and an unfair queue."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._turn = threading.Lock()
        # One connection stays open: the last to close would fold the journal into the file each time.
        self._anchor = self._connect()
        if self._anchor.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
            self._anchor.execute("DROP TABLE IF EXISTS faults")
        self._anchor.executescript(_SCHEMA)
        self._anchor.execute(f"PRAGMA user_version = {_VERSION}")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """One consistent view; nothing can be written."""
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            yield Tx(connection)

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        """One transaction: all of it, or nothing when an exception leaves the block."""
        with self._turn, closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Tx(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def clock_ahead_s(self) -> float:
        """How far ahead of real time the clock of this state is."""
        row = self._anchor.execute("SELECT ahead_s FROM clock").fetchone()
        return 0.0 if row is None else float(row[0])

    def close(self) -> None:
        """Fold the journal into the file and let go of it."""
        self._anchor.close()
