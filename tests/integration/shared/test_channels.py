"""Events leave by the outbox and arrive by the inbox: each is done once, however often it is sent."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from shared import inbox, outbox
from shared.db import Database
from shared.http import PeerRefused, PeerUnavailable
from shared.identity import BearerVerifier
from shared.inbox import UnknownEvent, inbox_table, read_body
from shared.outbox import outbox_table
from shared.telemetry import bound_request_id, request_id
from shared.work.kind import PARK_AT
from tests.support.peer import KEY, Peer, events_in, running_peer

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CLOSED = "queue.ticket.closed.v1"
rows = outbox_table(sa.MetaData())
taken = inbox_table(sa.MetaData())


def time_passes(db: Database) -> None:
    """Whatever waits is due now."""
    with db.transaction() as session:
        session.execute(sa.update(rows).where(rows.c.due_at.is_not(None)).values(due_at=sa.func.now()))


@pytest.fixture
def db(databases: Any) -> Iterator[Database]:
    woken: list[tuple[str, ...]] = []
    db = Database(databases["entitlements"].app, pool_size=25, enqueue=lambda *job: woken.append(job))
    yield db
    db.dispose()


@pytest.fixture
def peer() -> Iterator[Peer]:
    with running_peer() as peer:
        yield peer


def published(db: Database, number: int = 1) -> list[str]:
    with db.transaction() as session:
        return [
            outbox.publish(
                session, CLOSED, {"ticket_id": f"tkt_{each}", "outcome": "confirmed", "closed_at": NOON}, to="queue"
            )
            for each in range(number)
        ]


def relay(db: Database, peer: Peer) -> int:
    client = peer.client()
    try:
        return outbox.relay(db, {"queue": client})
    finally:
        client.close()


def ids(told: dict[str, Any]) -> set[str]:
    return {event["id"] for event in events_in(told)}


def counts(db: Database) -> tuple[int, int]:
    with db.transaction() as session:
        return outbox.WORK.pending(session), outbox.WORK.count_parked(session)


def test_an_event_is_delivered_once_with_what_it_tells_and_for_whom_it_was_done(db: Database, peer: Peer) -> None:
    with bound_request_id("req_of_the_customer"):
        [event] = published(db)
    assert (relay(db, peer), relay(db, peer)) == (1, 0)
    [told] = peer.told
    assert told["id"] == event
    assert told["type"] == CLOSED
    assert told["body"] == {"ticket_id": "tkt_0", "outcome": "confirmed", "closed_at": "2026-11-23T12:00:00+00:00"}
    assert told["request_id"] == "req_of_the_customer"
    assert peer.headers[0]["X-Request-Id"] == "req_of_the_customer"
    assert counts(db) == (0, 0)


def test_an_event_of_a_change_that_did_not_happen_is_never_sent(db: Database, peer: Peer) -> None:
    def fail() -> None:
        with db.transaction() as session:
            outbox.publish(session, CLOSED, {"ticket_id": "t", "outcome": "confirmed", "closed_at": NOON}, to="queue")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert relay(db, peer) == 0
    assert peer.told == []


def test_publishing_wakes_the_relay(db: Database) -> None:
    woken: list[tuple[str, ...]] = []
    db.enqueue = lambda *job: woken.append(job)
    published(db, 3)
    assert woken == [("relay_outbox",)]


def test_an_event_that_does_not_fit_its_contract_is_a_bug_of_ours_and_is_not_written(db: Database) -> None:
    def publish(event_type: str, body: dict[str, Any]) -> None:
        with db.transaction() as session:
            outbox.publish(session, event_type, body, to="queue")

    with pytest.raises(ValueError, match="does not fit its contract"):
        publish(CLOSED, {"ticket_id": "tkt_1", "outcome": "vanished", "closed_at": NOON})
    with pytest.raises(KeyError):
        publish("queue.ticket.vanished.v1", {})
    assert counts(db) == (0, 0)


def test_a_peer_that_is_down_gets_its_events_when_it_is_back(db: Database, peer: Peer) -> None:
    published(db, 3)
    peer.stop()
    assert relay(db, peer) == 0
    assert counts(db) == (3, 0)
    peer.start()
    time_passes(db)
    assert relay(db, peer) == 3
    assert counts(db) == (0, 0)


def test_a_peer_that_is_down_for_long_and_then_is_not_ready_at_once_gets_them_all_the_same(
    db: Database, peer: Peer
) -> None:
    """Only refusals park an event: an outage before says nothing about the event."""
    published(db)
    peer.stop()
    for _ in range(30):
        time_passes(db)
        relay(db, peer)
    peer.start()
    peer.answer = lambda _: (409, b'{"detail": "Not decided yet."}')
    time_passes(db)
    relay(db, peer)
    assert counts(db) == (1, 0)
    peer.answer = lambda _: (200, b"{}")
    time_passes(db)
    assert relay(db, peer) == 1


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (503, b"{}"), (429, b"{}"), (200, b"<html>garbage"), (200, b"[1]"), (302, b"{}")]
)
def test_a_peer_that_answers_with_a_fault_of_its_own_is_asked_again(
    db: Database, peer: Peer, answer: tuple[int, bytes]
) -> None:
    published(db)
    peer.answer = lambda _: answer
    for _ in range(PARK_AT + 2):
        assert relay(db, peer) == 0
        time_passes(db)
    assert counts(db) == (1, 0)


def test_no_pause_is_longer_than_half_a_minute(db: Database, peer: Peer) -> None:
    published(db)
    peer.stop()
    for _ in range(40):
        relay(db, peer)
        with db.transaction() as session:
            pause = session.execute(sa.select(rows.c.due_at - sa.func.now())).scalar_one()
        assert timedelta(0) < pause <= timedelta(seconds=30)
        time_passes(db)


def test_an_event_that_its_consumer_refuses_again_and_again_is_parked_for_a_person(db: Database, peer: Peer) -> None:
    published(db)
    peer.answer = lambda _: (422, b'{"detail": "There is no such ticket."}')
    for _ in range(PARK_AT):
        assert counts(db) == (1, 0)
        assert relay(db, peer) == 0
        time_passes(db)
    assert counts(db) == (0, 1)
    assert relay(db, peer) == 0
    assert len(peer.told) == PARK_AT
    with db.transaction() as session:
        assert session.execute(sa.select(rows.c.last_error)).scalar_one() == "There is no such ticket."


def test_what_waits_for_one_peer_travels_together_in_its_order(db: Database, peer: Peer) -> None:
    events = [event for _ in range(2 * outbox.BATCH) for event in published(db)]
    assert relay(db, peer) == 2 * outbox.BATCH
    assert [event["id"] for told in peer.told for event in events_in(told)] == events
    assert len(peer.told) == 2


def test_a_refused_event_is_sent_alone_from_then_on_and_costs_the_others_one_request(db: Database, peer: Peer) -> None:
    [poison, *others] = published(db, 5)
    peer.answer = lambda told: (422, b"{}") if poison in ids(told) else (200, b"{}")
    relay(db, peer)
    assert [len(events_in(told)) for told in peer.told] == [5, 1, 1, 1, 1, 1]
    time_passes(db)
    more = published(db, 3)
    assert relay(db, peer) == 3
    assert [ids(told) for told in peer.told[6:]] == [set(more), {poison}]
    assert len(others) + len(more) == 7


def test_a_peer_that_takes_no_several_gets_them_one_by_one(db: Database, peer: Peer) -> None:
    """A release before this one, for which there is nothing at that address."""
    published(db, 3)
    peer.answer = lambda told: (404, b"{}") if "events" in told else (200, b"{}")
    assert relay(db, peer) == 3
    assert counts(db) == (0, 0)


def test_an_event_on_which_its_consumer_hangs_does_not_keep_the_ones_before_it(db: Database, peer: Peer) -> None:
    good, [poison] = published(db, 3), published(db, 1)  # those of one transaction have no order
    ended = threading.Event()
    peer.answer = lambda told: (500, b"{}") if poison in ids(told) and ended.wait(20) else (200, b"{}")
    client = peer.client(timeout_s=1.5)
    assert outbox.relay(db, {"queue": client}) == len(good)
    ended.set()
    client.close()
    assert counts(db) == (1, 0)


def test_a_refused_event_does_not_hold_up_the_others(db: Database, peer: Peer) -> None:
    [poison, *_] = published(db, 5)
    peer.answer = lambda told: (422, b"{}") if poison in ids(told) else (200, b"{}")
    assert relay(db, peer) == 4
    assert counts(db) == (1, 0)


def test_an_event_that_its_consumer_cannot_take_yet_does_not_hold_up_the_others(db: Database, peer: Peer) -> None:
    first, *_ = published(db, 3)
    peer.answer = lambda told: (503, b"{}") if first in ids(told) else (200, b"{}")
    assert relay(db, peer) == 2
    assert counts(db) == (1, 0)


def test_a_peer_that_hangs_is_waited_for_once_and_does_not_hold_up_the_other_peer(db: Database, peer: Peer) -> None:
    published(db, 5)
    with db.transaction() as session:
        for number in range(3):
            body = {"ticket_id": f"tkt_{number}", "outcome": "confirmed", "closed_at": NOON}
            outbox.publish(session, CLOSED, body, to="billing")
    ended = threading.Event()
    with running_peer() as hung:
        hung.answer = lambda _: (200, b"{}") if ended.wait(20) else (500, b"{}")
        slow, quick = hung.client(timeout_s=0.5), peer.client()
        began = time.monotonic()
        delivered = outbox.relay(db, {"queue": slow, "billing": quick})
        took = time.monotonic() - began
        ended.set()
        slow.close()
        quick.close()
    assert delivered == 3
    assert took < 2
    assert counts(db) == (5, 0)


def test_two_relays_at_once_share_the_work_and_send_nothing_twice(db: Database, peer: Peer) -> None:
    events = published(db, 120)
    with ThreadPoolExecutor(4) as pool:
        delivered = list(pool.map(lambda _: relay(db, peer), range(4)))
    assert sum(delivered) == 120
    assert sorted(event["id"] for told in peer.told for event in events_in(told)) == sorted(events)


def test_what_a_relay_had_taken_when_it_died_is_sent_by_the_next(db: Database, peer: Peer) -> None:
    published(db)
    with db.transaction() as session:
        assert len(outbox.WORK.claim_batch(session, 10)) == 1
    assert relay(db, peer) == 0
    time_passes(db)
    assert relay(db, peer) == 1


def test_an_event_that_was_sent_but_whose_answer_was_lost_is_sent_again_with_the_same_id(
    db: Database, peer: Peer
) -> None:
    published(db)
    peer.answer = lambda _: (500, b"the work was done before this")
    relay(db, peer)
    peer.answer = lambda _: (200, b"{}")
    time_passes(db)
    assert relay(db, peer) == 1
    assert peer.told[0] == peer.told[1]


def test_one_event_received_20_times_at_once_is_done_once(db: Database) -> None:
    done = []

    def deliver(_: int) -> bool:
        with db.transaction() as session:
            first = bool(inbox.receive(session, {"evt_1": CLOSED}))
            if first:
                done.append("work")
        return first

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(deliver, range(20)))
    assert outcomes.count(True) == 1
    assert done == ["work"]


def several(*names: str) -> list[dict[str, Any]]:
    body = {"ticket_id": "tkt_1", "outcome": "confirmed", "closed_at": NOON.isoformat()}
    return [{"id": name, "type": CLOSED, "body": body, "request_id": f"req_of_{name}"} for name in names]


def test_several_events_are_done_once_each_under_the_request_that_each_belongs_to(db: Database) -> None:
    done: list[str] = []

    def do(_session: Any, _type: str, body: dict[str, Any]) -> None:
        assert body["closed_at"] == NOON
        done.append(request_id())

    assert inbox.take(db, several("evt_1", "evt_2"), do) == 2
    assert inbox.take(db, several("evt_2", "evt_3", "evt_3"), do) == 1
    assert done == ["req_of_evt_1", "req_of_evt_2", "req_of_evt_3"]


def test_of_several_events_of_which_one_cannot_be_done_none_is(db: Database) -> None:
    def do(_session: Any, _type: str, _body: dict[str, Any]) -> None:
        if request_id() == "req_of_evt_2":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        inbox.take(db, several("evt_1", "evt_2"), do)
    with pytest.raises(UnknownEvent):
        inbox.take(db, [*several("evt_1"), {"id": "evt_4", "type": "none.v1", "body": {}}], do)
    assert inbox.take(db, several("evt_1"), do) == 1


def test_two_deliveries_of_several_events_crosswise_do_each_once(db: Database) -> None:
    done: list[str] = []

    def deliver(number: int) -> int:
        names = [f"evt_{each}" for each in range(20)]
        return inbox.take(db, several(*names[:: 1 if number % 2 else -1]), lambda *_: done.append(request_id()))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(deliver, range(16))) == 20
    assert len(set(done)) == len(done) == 20


def test_an_event_whose_work_failed_is_done_by_the_next_delivery(db: Database) -> None:
    def deliver(*, fails: bool) -> bool:
        with db.transaction() as session:
            first = bool(inbox.receive(session, {"evt_1": CLOSED}))
            if fails:
                raise ZeroDivisionError
        return first

    with pytest.raises(ZeroDivisionError):
        deliver(fails=True)
    assert deliver(fails=False)
    assert not deliver(fails=False)


def test_a_parallel_delivery_waits_for_the_first_and_does_the_work_when_that_fails(db: Database) -> None:
    first_has_it, second = threading.Event(), ThreadPoolExecutor(1)

    def deliver() -> bool:
        first_has_it.wait(10)
        with db.transaction() as session:
            return bool(inbox.receive(session, {"evt_1": CLOSED}))

    waiting = second.submit(deliver)

    def first() -> None:
        with db.transaction() as session:
            assert inbox.receive(session, {"evt_1": CLOSED})
            first_has_it.set()
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first()
    assert waiting.result(timeout=10)
    second.shutdown()


def test_an_event_of_no_contract_or_of_another_shape_is_not_understood() -> None:
    with pytest.raises(UnknownEvent, match="no event") as unknown:
        read_body("queue.ticket.vanished.v1", {})
    assert unknown.value.field == "type"
    good = {"ticket_id": "tkt_1", "outcome": "confirmed", "closed_at": NOON.isoformat()}
    assert read_body(CLOSED, good)["closed_at"] == NOON
    for wrong in (good | {"closed_at": "2026-11-23T12:00:00"}, good | {"outcome": "x"}, {}):
        with pytest.raises(UnknownEvent, match="not in its shape") as refusal:
            read_body(CLOSED, wrong)
        assert refusal.value.field == "body"


def test_what_a_newer_producer_says_beside_the_known_stays_out_of_the_work() -> None:
    good = {"ticket_id": "tkt_1", "outcome": "confirmed", "closed_at": NOON.isoformat()}
    assert read_body(CLOSED, good | {"more": 1}) == good | {"closed_at": NOON}


def test_a_question_carries_who_asks_for_how_long_and_for_which_request(peer: Peer) -> None:
    peer.answer = lambda told: (200, json.dumps(told).encode())
    client = peer.client()
    with bound_request_id("req_1"):
        assert client.get("/v1/balance", params={"email": "jo+1@acme.test"}) == {
            "path": "/v1/balance?email=jo%2B1%40acme.test"
        }
        client.post("/v1/decisions", {"ticket_id": "tkt_1"}, deadline_s=0.75)
    client.close()
    got, posted = peer.headers
    verifier = BearerVerifier("entitlements", {"billing": dict(KEY.as_dict(private=False))}, ())
    caller = verifier.caller(got["Authorization"].removeprefix("Bearer "))
    assert caller is not None
    assert caller.name == "billing"
    assert (got["X-Request-Id"], got["X-Deadline-Ms"]) == ("req_1", "2000")
    assert posted["X-Deadline-Ms"] == "750"


def test_a_peer_that_hangs_is_given_up_at_the_deadline(peer: Peer) -> None:
    ended = threading.Event()
    peer.answer = lambda _: (200, b"{}") if ended.wait(20) else (500, b"{}")
    client, began = peer.client(), time.monotonic()
    with pytest.raises(PeerUnavailable, match="ReadTimeout"):
        client.post("/v1/decisions", {}, deadline_s=0.3)
    took = time.monotonic() - began
    ended.set()
    client.close()
    assert took < 1


def test_a_peer_that_says_no_is_understood(peer: Peer) -> None:
    peer.answer = lambda _: (422, b'{"detail": "There is no product x.", "code": "product_unknown"}')
    client = peer.client()
    with pytest.raises(PeerRefused, match="There is no product x") as refusal:
        client.post("/v1/orders", {"product": "x"})
    client.close()
    assert (refusal.value.status_code, refusal.value.problem["code"]) == (422, "product_unknown")


def test_questions_are_counted_by_how_they_ended(peer: Peer) -> None:
    def counted(outcome: str) -> float:
        return REGISTRY.get_sample_value("peer_call_seconds_count", {"peer": "entitlements", "outcome": outcome}) or 0

    before = {outcome: counted(outcome) for outcome in ("2xx", "4xx", "unavailable")}
    client = peer.client()
    client.get("/v1/balance")
    peer.answer = lambda _: (403, b"{}")
    with pytest.raises(PeerRefused):
        client.get("/v1/balance")
    client.close()
    peer.stop()
    gone = peer.client()
    with pytest.raises(PeerUnavailable):
        gone.get("/v1/balance")
    gone.close()
    assert {outcome: counted(outcome) - before[outcome] for outcome in before} == {"2xx": 1, "4xx": 1, "unavailable": 1}
