"""The database of one service: `transaction()` is the only place that commits.

Round trips are what a transaction costs, so none is spent that says nothing: the limit of a transaction travels with
its BEGIN, whether a kept connection is alive is seen at its socket, and a single statement needs no BEGIN at all.
"""

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from shared.deadlines import remaining_s

Enqueue = Callable[..., object]
_WAKES = "wakes"
_LIMIT = "statement_timeout_ms"
"""Where a connection's own statement_timeout is remembered, from its first change on."""

_SILENCE = {"keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A server that went without a word (a cable, a failover) is noticed by the kernel, not by the next request."""


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
            "connect_args": {"connect_timeout": 5, "options": options, **_SILENCE},
            "hide_parameters": True,
            "isolation_level": "AUTOCOMMIT",  # BEGIN is said here, where a transaction needs it
            "use_native_hstore": False,  # nobody has such a column, and each process would ask for it
        }
        if pooled:
            # A pool that is empty for three seconds is an overload: fail fast rather than pile up. The connection that
            # was used last is taken first: it is warm, and most likely has the limit that is wanted.
            arguments |= {"pool_size": pool_size, "max_overflow": 5, "pool_timeout": 3, "pool_use_lifo": True}
        else:
            arguments |= {"poolclass": NullPool}
        self.engine = sa.create_engine(url, **arguments)
        self.enqueue = enqueue
        self._statement_timeout_ms = statement_timeout_ms
        if pooled:
            sa.event.listen(self.engine, "checkout", self._look)

    def _look(self, connection: Any, record: Any, _proxy: Any) -> None:
        """Whether a kept connection is alive: one in order says nothing while it lies there, who ends says farewell."""
        if select.select([connection.fileno()], [], [], 0)[0]:
            try:
                self.engine.dialect.do_ping(connection)
            except Exception as error:
                raise sa.exc.DisconnectionError from error
            record.info.pop(_LIMIT, None)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: commits when the block ends well, rolls back otherwise; then wakes the jobs it asked for."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            self._begin(session)
            yield session
            session.commit()
        self._wake(session)

    @contextmanager
    def single(self) -> Iterator[Session]:
        """A transaction of one statement, read or written: one round trip. A second statement is refused."""
        with _Single(self.engine, autoflush=False, expire_on_commit=False) as session:
            self._limit(session)
            yield session
        self._wake(session)

    def _begin(self, session: Session) -> None:
        """Begin, with the limit that the deadline asks for: both in one message."""
        connection = session.connection()
        wanted = self._wanted_ms()
        stands = connection.info.get(_LIMIT, self._statement_timeout_ms)
        limit = "" if wanted == stands else f"; SET LOCAL statement_timeout = {wanted}"
        connection.exec_driver_sql(f"BEGIN{limit}")

    def _limit(self, session: Session) -> None:
        """Give the connection the limit that the deadline asks for, unless it has it from the one before."""
        connection = session.connection()
        wanted = self._wanted_ms()
        if wanted != connection.info.get(_LIMIT, self._statement_timeout_ms):
            connection.exec_driver_sql(f"SET statement_timeout = {wanted}")
            connection.info[_LIMIT] = wanted

    def _wanted_ms(self) -> int:
        """How long a statement may take. Rounded up by an eighth at most: the next request will want the same."""
        seconds = remaining_s()
        if seconds is None:
            return self._statement_timeout_ms
        exact = int(seconds * 1000) + 1
        step = 1 << max(0, exact.bit_length() - 4)
        return min(self._statement_timeout_ms, -(-exact // step) * step)

    def _wake(self, session: Session) -> None:
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


class _Single(Session):
    """A session for one statement: a second one would not stand in one transaction with the first."""

    _used = False

    def execute(self, *arguments: Any, **named: Any) -> Any:
        """Run the statement."""
        if self._used:
            raise RuntimeError("Two statements need a transaction()")
        self._used = True
        return super().execute(*arguments, **named)


def wake_after_commit(session: Session, job: str, *arguments: str) -> None:
    """Ask that a job of this service runs soon once the transaction has committed; asked twice, woken once."""
    wakes = session.info.setdefault(_WAKES, [])
    if (job, *arguments) not in wakes:
        wakes.append((job, *arguments))
