"""The database of one service: `transaction()` is the only place that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from shared.deadlines import remaining_s

Enqueue = Callable[..., object]
_WAKES = "wakes"


class Database:
    """Connections to one service's Postgres database, with limits so that nothing waits for ever.

    `enqueue(job, *args)` is called after a commit for each job that the transaction asked to wake.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        pooled: bool = True,
        enqueue: Enqueue | None = None,
        statement_timeout_ms: int = 15_000,
    ) -> None:
        options = " ".join(
            (
                f"-c statement_timeout={statement_timeout_ms}",
                "-c lock_timeout=5000",
                "-c idle_in_transaction_session_timeout=30000",
                "-c timezone=UTC",
            )
        )
        # hide_parameters: an error's text goes into the log, and would take the customer's words along.
        arguments: dict[str, Any] = {
            "connect_args": {"connect_timeout": 5, "options": options},
            "hide_parameters": True,
        }
        if pooled:
            # A pool that is empty for three seconds is an overload: fail fast rather than pile up.
            arguments |= {"pool_size": pool_size, "max_overflow": 5, "pool_timeout": 3, "pool_pre_ping": True}
        else:
            arguments |= {"poolclass": NullPool}
        self.engine = sa.create_engine(url, **arguments)
        self.enqueue = enqueue
        self._statement_timeout_ms = statement_timeout_ms

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: commits when the block ends well, rolls back otherwise; then wakes the jobs it asked for."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            if (seconds := remaining_s()) is not None:
                limit = min(self._statement_timeout_ms, int(seconds * 1000) + 1)
                session.execute(sa.text(f"SET LOCAL statement_timeout = {limit}"))
            yield session
            session.commit()
        if self.enqueue is not None:
            for job, *arguments in session.info.pop(_WAKES, ()):
                self.enqueue(job, *arguments)

    def ping(self) -> None:
        """Raises when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("select 1"))

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def wake_after_commit(session: Session, job: str, *arguments: str) -> None:
    """Ask that a job of this service runs soon once the transaction has committed; asked twice, woken once."""
    wakes = session.info.setdefault(_WAKES, [])
    if (job, *arguments) not in wakes:
        wakes.append((job, *arguments))
