"""The credit ledger on real Postgres: what happens to a credit happens once, and the counters always add up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.entitlements.credits import store as ledger
from services.entitlements.credits.credit import EntryKind
from services.entitlements.tickets.errors import TicketNotDecided
from shared.audit import Change
from tests.support.entitlements import JO, MONDAY, Told
from tests.support.statements import counted

ACT = Change(actor="staff:ana", action="mended", why="a test", at=MONDAY)
Movement = Callable[[Session, str], Any]


def grant_id(service: Told) -> str:
    [(found,)] = service.rows("SELECT id FROM grants")
    return str(found)


def move(service: Told, movement: Movement) -> Any:
    found = grant_id(service)
    with service.context.db.transaction() as session:
        return movement(session, found)


def hold(session: Session, grant: str) -> Any:
    return ledger.hold(session, grant, "tkt_1", ACT)


def consume(session: Session, _grant: str) -> Any:
    return ledger.end_hold(session, EntryKind.CONSUME, "tkt_1", ACT, MONDAY)


def release(session: Session, _grant: str) -> Any:
    return ledger.end_hold(session, EntryKind.RELEASE, "tkt_1", ACT, MONDAY)


def restore(session: Session, _grant: str) -> Any:
    return ledger.restore(session, "tkt_1", ACT)


def expire(session: Session, grant: str) -> Any:
    return ledger.take_away(session, EntryKind.EXPIRE, grant, 1, ACT)


def revoke(session: Session, grant: str) -> Any:
    return ledger.take_away(session, EntryKind.REVOKE, grant, 1, ACT)


EVERYTHING = (hold, consume, release, restore, expire, revoke)


def test_the_same_purchase_delivered_20_times_at_once_grants_once(service: Told) -> None:
    service.asked()
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda _: service.bought(ticket="tkt_1", event_id="evt_same"), range(20)))
    assert outcomes.count(True) == 1
    assert service.counters() == [(0, 1, 0)]


def test_a_second_event_for_the_same_order_grants_nothing_more(service: Told) -> None:
    service.bought()
    service.bought()
    assert service.counters() == [(1, 0, 0)]


def test_the_first_answer_consumes_the_credit_once_and_tells_billing(service: Told) -> None:
    service.bought(ticket="tkt_1")
    service.asked()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: service.responded("tkt_1", f"evt_responded_{number % 3}"), range(20)))
    assert service.counters() == [(0, 0, 1)]
    [(kind, body)] = service.events_out()
    assert kind == "entitlements.credit.consumed.v1"
    assert (body["order_id"], body["ticket_id"], body["account_id"]) == ("ord_1", "tkt_1", "acc_jo")


def test_a_ticket_that_is_canceled_gives_its_credit_back_and_another_can_use_it(service: Told) -> None:
    service.bought(ticket="tkt_1")
    service.asked()
    service.closed()
    assert service.counters() == [(1, 0, 0)]
    assert service.asked("tkt_2", verified=True).response_class == "premium"


def test_a_late_answer_to_a_canceled_ticket_consumes_nothing(service: Told) -> None:
    service.bought(ticket="tkt_1")
    service.asked()
    service.closed()
    service.responded()
    assert service.counters() == [(1, 0, 0)]


def test_the_end_of_a_ticket_may_be_told_before_its_answer(service: Told) -> None:
    service.bought(ticket="tkt_1")
    service.asked()
    service.closed(outcome="confirmed")
    service.responded()
    assert service.counters() == [(0, 0, 1)]


def test_an_answer_to_a_ticket_that_nobody_asked_about_is_to_be_told_again(service: Told) -> None:
    service.bought(ticket="tkt_1")
    with pytest.raises(TicketNotDecided):
        service.responded("tkt_1", "evt_1")
    with pytest.raises(TicketNotDecided):
        service.closed("tkt_1")
    service.asked()
    assert service.responded("tkt_1", "evt_1")


def test_a_ticket_may_hold_release_and_hold_again(service: Told) -> None:
    service.bought()
    service.asked(verified=True)
    for movement in (release, hold, release, hold, consume):
        assert move(service, movement) is not None, movement
    cycles = service.rows("SELECT kind, cycle FROM credit_entries WHERE ticket_id = 'tkt_1' ORDER BY id")
    assert cycles == [
        *(("hold", 1), ("release", 1)),
        *(("hold", 2), ("release", 2)),
        *(("hold", 3), ("consume", 3)),
    ]
    assert service.counters() == [(0, 0, 1)]


def test_a_ticket_uses_one_credit_and_another_only_after_that_was_restored(service: Told) -> None:
    service.bought(size=3)
    for movement in (hold, consume, hold):
        assert move(service, movement) is not None
    with pytest.raises(IntegrityError, match="credit_entries_use_once"):
        move(service, consume)
    assert service.counters() == [(1, 1, 1)]
    assert move(service, restore) is not None
    assert move(service, restore) is None
    assert move(service, consume) is not None
    assert service.counters() == [(2, 0, 1)]


@pytest.mark.parametrize(
    ("kind", "use", "key"),
    [
        ("hold", None, "credit_entries_once_per_cycle"),
        ("release", None, "credit_entries_hold_ends_once"),
        ("consume", 2, "credit_entries_(once_per_cycle|hold_ends_once)"),
    ],
)
def test_the_database_keeps_a_movement_from_happening_twice(
    service: Told, kind: str, use: int | None, key: str
) -> None:
    service.bought()
    for movement in (hold, consume):
        move(service, movement)
    with pytest.raises(IntegrityError, match=key):
        service.rows(
            "INSERT INTO credit_entries"
            " SELECT 'cre_twice', grant_id, account_id, :kind, 1, ticket_id, cycle, :use, occurred_at, recorded_at"
            " FROM credit_entries WHERE kind = 'hold' RETURNING id",
            kind=kind,
            use=use,
        )


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("available = available - 1", "grants_counters_sum_to_granted"),
        ("available = -1, held = 2", "grants_counters_not_negative"),
        ("expired = -1, revoked = 1", "grants_counters_not_negative"),
        ("granted = 0, available = 0", "grants_granted_positive"),
    ],
)
def test_the_database_refuses_counters_that_do_not_add_up(service: Told, change: str, check: str) -> None:
    service.bought()
    with pytest.raises(IntegrityError, match=check):
        service.rows("UPDATE grants SET CHANGE RETURNING id".replace("CHANGE", change))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(movements=st.lists(st.sampled_from(EVERYTHING), max_size=12), size=st.integers(1, 3))
def test_counters_ledger_and_trail_agree_whatever_happens(service: Told, movements: list[Movement], size: int) -> None:
    number = len(service.rows("SELECT 1 FROM grants")) + 1
    service.bought(f"ord_{number}", size=size)
    [(grant,)] = service.rows("SELECT id FROM grants WHERE source_id = :order", order=f"ord_{number}")
    ticket = f"tkt_{number}"
    for movement in movements:
        try:
            with service.context.db.transaction() as session:
                _of(movement, session, grant, ticket)
        except IntegrityError as refused:
            assert "credit_entries_use_once" in str(refused)  # noqa: PT017 - only where it was refused
    [counters] = service.rows(
        "SELECT available, held, consumed, expired, revoked FROM grants WHERE id = :grant", grant=grant
    )
    entries = service.rows("SELECT kind FROM credit_entries WHERE grant_id = :grant", grant=grant)
    kinds = [kind for (kind,) in entries]
    held = kinds.count("hold") - kinds.count("release") - kinds.count("consume")
    used = kinds.count("consume") - kinds.count("restore")
    gone = kinds.count("expire"), kinds.count("revoke")
    assert counters == (size - held - used - sum(gone), held, used, *gone)
    assert used <= 1
    trail = service.rows("SELECT number FROM audit_entries WHERE aggregate_id = :grant ORDER BY number", grant=grant)
    assert [number for (number,) in trail] == list(range(1, len(kinds) + 1)), "one for each movement, without gaps"


def _of(movement: Movement, session: Session, grant: str, ticket: str) -> None:
    match movement.__name__:
        case "hold":
            ledger.hold(session, grant, ticket, ACT)
        case "consume" | "release" as kind:
            ledger.end_hold(session, EntryKind(kind), ticket, ACT, MONDAY)
        case "restore":
            ledger.restore(session, ticket, ACT)
        case kind:
            ledger.take_away(session, EntryKind(kind), grant, 1, ACT)


def test_a_movement_is_on_the_grant_s_trail_with_who_and_what(service: Told) -> None:
    service.bought(size=2)
    service.asked(verified=True)
    service.responded()
    trail = service.rows(
        "SELECT number, owner_key, actor, action, before, after FROM audit_entries"
        " WHERE aggregate = 'grant' ORDER BY number"
    )
    assert trail == [
        (1, "acc_jo", "service:billing", "granted", {}, {"account_id": "acc_jo", "granted": 2, "available": 2}),
        (2, "acc_jo", "service:queue", "decided", {"available": 2, "held": 0}, {"available": 1, "held": 1}),
        (3, "acc_jo", "service:queue", "consumed", {"held": 1, "consumed": 0}, {"held": 0, "consumed": 1}),
    ]


def test_a_trace_tells_all_that_happened_to_the_credits_of_an_order(service: Told) -> None:
    service.bought(size=3)
    for number in range(3):
        service.asked(f"tkt_{number}", verified=True)
    service.responded("tkt_0")
    service.closed("tkt_1")
    with service.context.db.transaction() as session:
        [found] = ledger.grants_of_order(session, "ord_1")
        assert ledger.grants_of_order(session, "ord_2") == ()
    assert sorted(entry.kind for entry in found.entries) == ["consume", "grant", "hold", "hold", "hold", "release"]
    assert (found.granted, found.available, found.held, found.consumed) == (3, 1, 1, 1)


def test_a_balance_is_one_statement_and_leaves_out_what_has_lapsed(service: Told) -> None:
    service.bought("ord_1", size=2)
    service.bought("ord_2", size=5, expires_at=MONDAY.isoformat())
    with counted(service.context.db) as statements, service.context.db.transaction() as session:
        found = ledger.balance(session, JO, MONDAY)
    assert (found.account_id, found.available, found.held) == ("acc_jo", 2, 0)
    assert len(statements) == 1
    with service.context.db.transaction() as session:
        nobody = ledger.balance(session, "nobody@acme.test", MONDAY)
    assert (nobody.account_id, nobody.available, nobody.held) == (None, 0, 0)


def test_events_take_few_statements(service: Told) -> None:
    service.account("acc_jo", 1, JO, name=None)
    service.asked("tkt_1", verified=True)
    db = service.context.db
    with counted(db) as purchase:
        service.bought("ord_1", size=3)
    with counted(db) as purchase_that_raises:
        service.bought("ord_2", ticket="tkt_1")
    with counted(db) as answer:
        service.responded()
    assert (len(purchase), len(purchase_that_raises), len(answer)) == (4, 10, 4)
