"""Pending work: one item's trouble stays its own, whatever the trouble is, and ends with a person who releases it."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from shared.db import Database
from shared.errors import Kind, ServiceError
from shared.http import PeerUnavailable
from shared.work.columns import WORK_COLUMNS, work_columns
from shared.work.item import Item
from shared.work.kind import DEATH, ENDED_WITHOUT_A_WORD, PARK_AT, WorkKind
from shared.work.run import PATIENCE, UNANSWERED_UNTIL_LEFT, run_batches, run_due, run_one
from tests.support.declared import ROOT
from tests.support.errands import ERRANDS, errands, make_errands


class Refused(ServiceError):
    kind = Kind.REFUSED


@pytest.fixture
def db(databases: Any) -> Iterator[Database]:
    url = databases["entitlements"].app
    make_errands(databases["entitlements"].owner, url)
    db = Database(url, pool_size=10)
    yield db
    db.dispose()


def given_errands(db: Database, *names: str) -> None:
    with db.transaction() as session:
        for name in names:
            session.execute(errands.insert().values(id=name))


def row(db: Database, name: str) -> Any:
    with db.transaction() as session:
        return session.execute(sa.select(errands).where(errands.c.id == name)).one()


def write(db: Database, statement: str, **values: Any) -> None:
    with db.transaction() as session:
        session.execute(sa.text(statement), values)


def time_passes(db: Database) -> None:
    """Whatever waits is due now."""
    write(db, "UPDATE errands SET due_at = now() WHERE due_at IS NOT NULL")


def ran(db: Database) -> dict[str, int]:
    with db.transaction() as session:
        return {each.id: each.done for each in session.execute(sa.select(errands)) if each.done}


def parked(db: Database) -> list[str]:
    with db.transaction() as session:
        return [each.key for each in ERRANDS.parked(session)]


def pending(db: Database) -> int:
    with db.transaction() as session:
        return ERRANDS.pending(session)


def doing(db: Database, trouble: Callable[[], None] | None = None, at: str = "bad") -> Callable[[Item], None]:
    """Does each errand, but for one that is in trouble."""

    def do(item: Item) -> None:
        if item.key == at and trouble is not None:
            trouble()
        with db.transaction() as session:
            ERRANDS.done(session, item, done=item.row.done + 1)

    return do


def poisonous() -> None:
    raise KeyError("what nobody thought of")


def refused() -> None:
    raise Refused("Not like this.")


def faulty() -> None:
    raise PeerUnavailable("peer", "status 500", answered=True)


def silent() -> None:
    raise PeerUnavailable("peer", "ReadTimeout")


def hung() -> None:
    time.sleep(30)


@pytest.mark.parametrize(
    ("trouble", "tries"),
    [(poisonous, PARK_AT), (refused, PARK_AT), (faulty, PARK_AT), (silent, PARK_AT), (hung, PARK_AT // DEATH)],
)
def test_others_go_on_and_what_is_in_trouble_is_parked_seen_and_released(
    db: Database, trouble: Callable[[], None], tries: int
) -> None:
    given_errands(db, "bad")
    for one_run in range(tries):
        assert parked(db) == []
        given_errands(db, f"good-{one_run}")
        time_passes(db)
        run_due(db, ERRANDS, doing(db, trouble))
        assert ran(db) == {f"good-{number}": 1 for number in range(one_run + 1)}
    assert parked(db) == ["bad"]
    assert pending(db) == 0
    assert row(db, "bad").last_error not in {"", None, ENDED_WITHOUT_A_WORD}

    with db.transaction() as session:
        assert ERRANDS.release(session, "bad") == 1
    assert run_due(db, ERRANDS, doing(db)) == 1
    assert ran(db)["bad"] == 1
    assert (row(db, "bad").due_at, row(db, "bad").last_error, parked(db)) == (None, None, [])


RUN_IN_A_PROCESS = """
import os, sys
from shared.db import Database
from shared.work.run import run_batches, run_due
from tests.support.errands import ERRANDS
db = Database(sys.argv[1])
def do(item):
    if item.key == "bad":
        os._exit(9)
    with db.transaction() as session:
        ERRANDS.done(session, item, done=item.row.done + 1)
def deliver(item):
    if item.key == "bad":
        os._exit(9)
if sys.argv[2] == "alone":
    run_due(db, ERRANDS, do)
else:
    run_batches(db, ERRANDS, deliver, most=10)
"""


def worker_runs(db: Database, how: str) -> int:
    url = db.engine.url.render_as_string(hide_password=False)
    return subprocess.run([sys.executable, "-c", RUN_IN_A_PROCESS, url, how], cwd=ROOT, check=False).returncode


def test_what_kills_its_worker_is_parked_before_it_takes_a_fourth_one_along(db: Database) -> None:
    given_errands(db, "bad", "good-1", "good-2")
    died = 0
    for _ in range(6):
        time_passes(db)
        died += worker_runs(db, "alone") == 9
    assert died == PARK_AT // DEATH
    assert ran(db) == {"good-1": 1, "good-2": 1}
    assert parked(db) == ["bad"]
    assert row(db, "bad").last_error == ENDED_WITHOUT_A_WORD


def test_who_stood_beside_a_death_in_a_batch_is_not_parked_with_it(db: Database) -> None:
    given_errands(db, "good-1", "good-2", "bad", "good-3")
    for _ in range(6):
        time_passes(db)
        worker_runs(db, "batch")
    assert parked(db) == ["bad"]
    assert pending(db) == 0


def test_an_outage_parks_nothing_until_patience_ends(db: Database) -> None:
    given_errands(db, "one", "two")
    for _ in range(PARK_AT + 3):
        time_passes(db)
        run_due(db, ERRANDS, lambda _: faulty())
    assert parked(db) == []
    write(db, "UPDATE errands SET waits_since = now() - :long", long=PATIENCE + timedelta(seconds=1))
    for _ in range(PARK_AT):
        time_passes(db)
        run_due(db, ERRANDS, lambda _: faulty())
    assert sorted(parked(db)) == ["one", "two"]
    with db.transaction() as session:
        assert ERRANDS.release(session) == 2


def test_a_silent_peer_costs_a_run_a_few_time_outs_and_not_one_for_each_item(db: Database) -> None:
    given_errands(db, *(f"item-{number}" for number in range(20)))
    asked = []

    def ask(item: Item) -> None:
        asked.append(item.key)
        silent()

    run_due(db, ERRANDS, ask)
    assert len(asked) == UNANSWERED_UNTIL_LEFT
    assert pending(db) == 20


@pytest.mark.parametrize("runs", [2, 8])
def test_runs_at_once_share_the_work_and_do_each_item_once(db: Database, runs: int) -> None:
    names = [f"item-{number}" for number in range(60)]
    given_errands(db, *names)
    with ThreadPoolExecutor(runs) as threads:
        list(threads.map(lambda _: run_due(db, ERRANDS, doing(db)), range(runs)))
    assert ran(db) == dict.fromkeys(names, 1)


def test_what_somebody_holds_locked_does_not_hold_up_the_others(db: Database) -> None:
    given_errands(db, "held", "free")
    with db.transaction() as session:
        session.execute(sa.select(errands).where(errands.c.id == "held").with_for_update())
        began = time.monotonic()
        run_due(db, ERRANDS, doing(db))
        assert time.monotonic() - began < 3
    assert ran(db) == {"free": 1}


def test_a_batch_is_written_down_at_its_end_and_done_once(db: Database) -> None:
    names = [f"item-{number}" for number in range(25)]
    given_errands(db, *names)
    told = []
    assert run_batches(db, ERRANDS, lambda item: told.append(item.key), most=10) == 25
    assert sorted(told) == sorted(names)
    assert pending(db) == 0


def test_a_claim_that_was_lost_writes_nothing_over_the_newer_one(db: Database) -> None:
    given_errands(db, "slow")
    with db.transaction() as session:
        first = ERRANDS.claim(session)
    assert first is not None
    time_passes(db)
    with db.transaction() as session:
        second = ERRANDS.claim(session)
    assert second is not None
    with db.transaction() as session:
        assert not ERRANDS.done(session, first)
        ERRANDS.failed(session, first, "too late", cost=PARK_AT)
    assert parked(db) == []
    with db.transaction() as session:
        assert ERRANDS.done(session, second)


def test_a_slow_worker_that_ends_well_after_its_last_try_was_spent_leaves_nothing_parked(db: Database) -> None:
    given_errands(db, "slow")
    for _ in range(PARK_AT // DEATH):
        time_passes(db)
        with db.transaction() as session:
            last = ERRANDS.claim(session)
    assert last is not None
    time_passes(db)
    with db.transaction() as session:
        assert ERRANDS.claim(session) is None
    assert parked(db) == ["slow"]
    with db.transaction() as session:
        assert ERRANDS.done(session, last)
    assert (parked(db), pending(db), row(db, "slow").failures) == ([], 0, 0)


def test_the_names_of_the_columns_are_those_of_the_table() -> None:
    assert tuple(column.name for column in work_columns()) == WORK_COLUMNS


def test_what_was_finished_in_its_last_moment_is_not_put_off_again(db: Database) -> None:
    given_errands(db, "late")

    def finish_and_then_be_cut_off(item: Item) -> None:
        doing(db)(item)
        hung()

    run_due(db, ERRANDS, finish_and_then_be_cut_off)
    assert (pending(db), ran(db)) == (0, {"late": 1})


def test_work_that_is_not_finished_is_looked_at_again_and_has_not_failed(db: Database) -> None:
    given_errands(db, "open")

    def look(item: Item) -> None:
        with db.transaction() as session:
            ERRANDS.again(session, item, timedelta(minutes=10))

    for _ in range(PARK_AT + 1):
        time_passes(db)
        run_due(db, ERRANDS, look)
    assert (row(db, "open").failures, row(db, "open").last_error, parked(db)) == (0, None, [])
    assert row(db, "open").due_at - row(db, "open").waits_since > timedelta(minutes=9)


def test_what_only_waits_for_its_time_is_not_pending_and_what_is_in_trouble_is(db: Database) -> None:
    given_errands(db, "later", "worked on", "refused", "due")
    with db.transaction() as session:
        ERRANDS.again(session, claimed(session, "later"), timedelta(minutes=10))
        claimed(session, "worked on")
        ERRANDS.failed(session, claimed(session, "refused"), "Not like this.", cost=1)
    assert pending(db) == 3


def claimed(session: Session, name: str) -> Item:
    item = ERRANDS.claim_one(session, name)
    assert item is not None
    return item


def test_one_item_is_tried_by_its_key_and_not_while_somebody_is_at_it(db: Database) -> None:
    given_errands(db, "wanted", "other")
    began, goes_on = threading.Event(), threading.Event()

    def slowly(item: Item) -> None:
        began.set()
        goes_on.wait(10)
        doing(db)(item)

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(run_one, db, ERRANDS, "wanted", slowly)
        began.wait(10)
        assert not run_one(db, ERRANDS, "wanted", doing(db))
        goes_on.set()
        assert first.result()
    assert ran(db) == {"wanted": 1}


def test_what_has_come_about_in_another_way_is_forgotten_and_what_is_needed_again_is_scheduled(db: Database) -> None:
    given_errands(db, "needless")
    with db.transaction() as session:
        ERRANDS.forget(session, "needless")
    assert run_due(db, ERRANDS, doing(db)) == 0
    with db.transaction() as session:
        ERRANDS.schedule(session, "needless")
    assert run_due(db, ERRANDS, doing(db)) == 1


COSTS = {"refused": 1, "excused": 0, "cut off": DEATH, "looked at again": None}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lived=st.lists(st.sampled_from(sorted(COSTS)), max_size=20))
def test_an_item_is_parked_exactly_when_what_counts_adds_up(db: Database, lived: list[str]) -> None:
    """The oracle adds up by hand; looking again forgives what was before."""
    name = f"life-{time.monotonic_ns()}"
    given_errands(db, name)
    failures = 0
    for event in lived:
        write(db, "UPDATE errands SET due_at = now() WHERE id = :name AND due_at IS NOT NULL", name=name)
        with db.transaction() as session:
            item = ERRANDS.claim_one(session, name)
        if failures >= PARK_AT:
            assert item is None
            break
        assert item is not None
        cost = COSTS[event]
        with db.transaction() as session:
            if cost is None:
                ERRANDS.again(session, item, timedelta(0))
            else:
                ERRANDS.failed(session, item, event, cost=cost)
        failures = 0 if cost is None else failures + cost
        assert (row(db, name).parked_at is not None) == (failures >= PARK_AT)
        assert (row(db, name).due_at is None) == (failures >= PARK_AT)


def test_a_kind_says_what_it_is_about(db: Database) -> None:
    given_errands(db, "bad")
    with db.transaction() as session:
        item = ERRANDS.claim(session)
        assert item is not None
        assert ERRANDS.failed(session, item, "x" * 900, cost=PARK_AT)
        [seen] = ERRANDS.parked(session)
    assert (seen.kind, seen.key, seen.about, len(seen.last_error)) == ("errands", "bad", "bad", 500)
    assert isinstance(ERRANDS, WorkKind)
