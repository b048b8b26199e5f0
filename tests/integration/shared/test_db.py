"""One place commits, and what it wakes is woken after that."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.orm import Session

from shared import clock
from shared.db import Database, wake_after_commit
from shared.deadlines import deadline
from shared.inbox import inbox_table
from tests.support.wire import Wire, wire_to

inbox = inbox_table(sa.MetaData())


class Woken(list[tuple[str, ...]]):
    """The jobs that were woken, each with the number of rows that another connection saw at that moment."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._outside = Database(url, pooled=False)
        self.rows_seen: list[int] = []

    def __call__(self, *job: str) -> None:
        self.append(job)
        self.rows_seen.append(count(self._outside))


def count(db: Database) -> int:
    with db.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(inbox)).scalar_one()


def insert(session: Session, event_id: str) -> None:
    session.execute(inbox.insert().values(id=event_id, type="t", received_at=clock.now()))


@pytest.fixture
def db(databases: Any) -> Iterator[Database]:
    url = databases["entitlements"].app
    db = Database(url, pool_size=2, enqueue=Woken(url))
    yield db
    db.dispose()


@pytest.fixture
def wire(databases: Any) -> Iterator[Wire]:
    with wire_to(databases["entitlements"].app) as wire:
        yield wire


@pytest.fixture
def wired(wire: Wire) -> Iterator[Database]:
    """A database at the end of that wire, with a connection that has been used until the question was prepared."""
    db = Database(wire.url, pool_size=1)
    for _ in range(7):
        with deadline(2), db.single() as session:
            count_rows(session)
    wire.turns = 0
    yield db
    db.dispose()


def count_rows(session: Session) -> int:
    return session.execute(sa.select(sa.func.count()).select_from(inbox)).scalar_one()


def insert_and_wake(db: Database, then: Callable[[Session], None]) -> None:
    with db.transaction() as session:
        insert(session, "evt_1")
        wake_after_commit(session, "relay_outbox")
        then(session)


def backend(session: Session) -> int:
    return session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()


def terminate(postgres: Any, pid: int) -> None:
    with psycopg.connect(postgres._superuser_url, autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def cut(postgres: Any, session: Session) -> None:
    """What a database that fails over does to a transaction."""
    terminate(postgres, backend(session))


def woken(db: Database) -> Woken:
    assert isinstance(db.enqueue, Woken)
    return db.enqueue


def test_a_job_is_woken_when_its_work_can_be_seen(db: Database) -> None:
    with db.transaction() as session:
        insert(session, "evt_1")
        wake_after_commit(session, "relay_outbox")
        assert woken(db) == []
    assert woken(db) == [("relay_outbox",)]
    assert woken(db).rows_seen == [1]


def test_a_job_asked_for_twice_is_woken_once(db: Database) -> None:
    with db.transaction() as session:
        for order in ("ord_1", "ord_2", "ord_1"):
            wake_after_commit(session, "settle_order", order)
    assert woken(db) == [("settle_order", "ord_1"), ("settle_order", "ord_2")]


def test_what_fails_leaves_nothing_and_wakes_nobody(db: Database) -> None:
    def fail(_session: Session) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        insert_and_wake(db, fail)
    assert count(db) == 0
    assert woken(db) == []


def test_a_commit_that_fails_wakes_nobody(db: Database, postgres: Any) -> None:
    with pytest.raises(OperationalError):
        insert_and_wake(db, lambda session: cut(postgres, session))
    assert count(db) == 0
    assert woken(db) == []


def test_a_transaction_after_one_that_failed_starts_afresh(db: Database, postgres: Any) -> None:
    with pytest.raises(OperationalError):
        insert_and_wake(db, lambda session: cut(postgres, session))
    insert_and_wake(db, lambda _: None)
    assert count(db) == 1
    assert woken(db) == [("relay_outbox",)]


def test_nothing_waits_forever_for_a_lock(db: Database) -> None:
    with db.transaction() as first:
        first.execute(sa.text("SELECT pg_advisory_xact_lock(1)"))
        began = time.monotonic()
        with pytest.raises(OperationalError, match="timeout"), deadline(0.2), db.transaction() as second:
            second.execute(sa.text("SELECT pg_advisory_xact_lock(1)"))
    assert time.monotonic() - began < 2


def test_an_error_of_the_database_does_not_carry_what_was_written(db: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, db.transaction() as session:
        session.execute(sa.text("SELECT CAST(:words AS text) FROM nowhere"), {"words": "hunter2"})
    assert "nowhere" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_deadline_ends_with_the_work_it_was_given_for(db: Database) -> None:
    with deadline(0.2), pytest.raises(OperationalError, match="statement timeout"), db.transaction() as session:
        session.execute(sa.text("SELECT pg_sleep(5)"))
    with db.transaction() as session:
        session.execute(sa.text("SELECT pg_sleep(0.3)"))


def test_a_pool_without_a_free_connection_fails_fast_instead_of_piling_up(db: Database) -> None:
    release, held = threading.Event(), threading.Barrier(8)

    def hold() -> None:
        with db.transaction() as session:
            session.execute(sa.text("SELECT 1"))
            held.wait()
            release.wait(20)

    threads = [threading.Thread(target=hold) for _ in range(7)]
    for thread in threads:
        thread.start()
    held.wait()
    try:
        began = time.monotonic()
        with pytest.raises(NoConnectionLeft):
            db.ping()
        assert time.monotonic() - began < 5
    finally:
        release.set()
        for thread in threads:
            thread.join()
    db.ping()


def test_a_database_that_came_back_is_used_again_without_an_error(db: Database, postgres: Any) -> None:
    with db.transaction() as session:
        pid = backend(session)
    terminate(postgres, pid)
    with db.transaction() as session:
        assert backend(session) != pid


def test_a_database_that_is_away_is_said_to_be_away_at_once() -> None:
    db = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    began = time.monotonic()
    with pytest.raises(OperationalError):
        db.ping()
    assert time.monotonic() - began < 3


def test_a_statement_that_stands_alone_is_one_round_trip_also_under_a_deadline(wired: Database, wire: Wire) -> None:
    for _ in range(20):
        with deadline(2), wired.single() as session:
            count_rows(session)
    assert wire.turns == 20


def test_a_transaction_is_its_statements_and_two_round_trips_also_under_a_deadline(wired: Database, wire: Wire) -> None:
    for seconds in (None, 2, 1, None):
        with deadline(seconds), wired.transaction() as session:
            insert(session, f"evt_{seconds}_{wire.turns}")
    assert wire.turns == 4 * 3
    assert wire.connections == 1


def test_the_deadline_of_one_request_is_none_of_the_next(wired: Database) -> None:
    for opened in (wired.single, wired.transaction):
        with deadline(0.2), pytest.raises(OperationalError, match="statement timeout"), opened() as session:
            session.execute(sa.text("SELECT pg_sleep(5)"))
        with opened() as session:
            session.execute(sa.text("SELECT pg_sleep(0.4)"))


def test_what_stands_alone_is_written_when_its_statement_is_done_and_then_wakes(db: Database) -> None:
    with db.single() as session:
        insert(session, "evt_1")
        wake_after_commit(session, "relay_outbox")
        assert woken(db) == []
    assert woken(db).rows_seen == [1]


def test_two_statements_do_not_stand_alone(db: Database) -> None:
    with db.single() as session:
        insert(session, "evt_1")
        with pytest.raises(RuntimeError, match="transaction"):
            insert(session, "evt_2")
    assert count(db) == 1


def test_what_went_wrong_before_it_is_not_in_a_statement_that_stands_alone(db: Database) -> None:
    def fail(_session: Session) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        insert_and_wake(db, fail)
    with db.single() as session:
        insert(session, "evt_2")
    assert count(db) == 1


def test_a_commit_whose_answer_is_lost_is_an_error_and_wakes_nobody(wired: Database, wire: Wire) -> None:
    """Nobody knows whether it was done, so nobody is told that it was; the sweeps find it."""
    wired.enqueue = lambda *job: pytest.fail(f"woken: {job}")
    wire.cut_after = b"COMMIT"
    with pytest.raises(OperationalError):
        insert_and_wake(wired, lambda _: None)
    wire.cut_after = None
    with wired.single() as session:
        assert count_rows(session) == 1


def test_each_connection_that_died_in_the_pool_is_replaced_without_an_error(db: Database, postgres: Any) -> None:
    with db.transaction() as first, db.transaction() as second:
        pids = {backend(first), backend(second)}
    for pid in pids:
        terminate(postgres, pid)
    with db.single() as first, db.transaction() as second:
        assert not {backend(first), backend(second)} & pids
