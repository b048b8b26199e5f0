"""Decisions and credits on real Postgres."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from services.entitlements.app import build_context
from services.entitlements.base_tables import outbox
from services.entitlements.config import Settings
from services.entitlements.context import Context
from services.entitlements.credits import store as ledger
from services.entitlements.credits.tables import credit_entries, grants
from services.entitlements.decisions import store as decisions
from services.entitlements.decisions.decide import decide_ticket
from services.entitlements.take_event import take_event
from services.entitlements.tickets.errors import TicketBelongsToAnother, TicketNotDecided
from shared.env import Env
from shared.inbox import UnknownEvent
from tests.support.house import until
from tests.support.settings import environment

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Body = dict[str, Any]


@pytest.fixture
def service(databases: Any) -> Iterator[Context]:
    variables = environment("entitlements", databases=databases, redis_url="redis://127.0.0.1:1", urls={})
    context = build_context(Settings.read(Env(variables)))
    context.db.enqueue = None
    yield context
    context.db.dispose()


def purchase(order: str = "ord_1", *, ticket: str | None = None, size: int = 1, **more: Any) -> Body:
    return {
        "order_id": order,
        "account_id": "acc_jo",
        "contact_email": "jo@acme.test",
        "product": "incident_1",
        "credits": size,
        "ticket_id": ticket,
        "paid_at": (MONDAY + timedelta(minutes=10)).isoformat(),
        "expires_at": None,
        **more,
    }


def event(event_id: str, event_type: str, body: Body) -> Body:
    return {"id": event_id, "type": event_type, "body": body, "request_id": "req_1", "occurred_at": MONDAY}


def bought(service: Context, event_id: str = "evt_1", **facts: Any) -> bool:
    return take_event(service, event(event_id, "billing.incidents.purchased.v1", purchase(**facts)))


def responded(service: Context, ticket: str, event_id: str = "evt_responded") -> bool:
    at = (MONDAY + timedelta(minutes=40)).isoformat()
    return take_event(
        service, event(event_id, "queue.ticket.first_responded.v1", {"ticket_id": ticket, "responded_at": at})
    )


def closed(service: Context, ticket: str, outcome: str, event_id: str = "evt_closed") -> bool:
    body = {"ticket_id": ticket, "outcome": outcome, "closed_at": MONDAY.isoformat()}
    return take_event(service, event(event_id, "queue.ticket.closed.v1", body))


def asked(service: Context, ticket: str = "tkt_1", *, verified: bool = False, email: str = "jo@acme.test") -> Body:
    request = {"ticket_id": ticket, "requester_email": email, "requester_verified": verified, "opened_at": MONDAY}
    return decide_ticket(service.db, service.policy, request)


def balances(service: Context) -> list[tuple[int, int, int]]:
    with service.db.transaction() as session:
        rows = session.execute(sa.select(grants.c.available, grants.c.held, grants.c.consumed).order_by(grants.c.id))
        return [tuple(row) for row in rows]


def events_out(service: Context) -> list[tuple[str, Body]]:
    with service.db.transaction() as session:
        return [tuple(row) for row in session.execute(sa.select(outbox.c.type, outbox.c.body))]


def test_a_ticket_of_somebody_who_paid_nothing_is_standard_within_24_hours_on_weekdays(service: Context) -> None:
    decision = asked(service)
    assert decision["response_class"] == "standard"
    assert decision["respond_by"] == MONDAY + timedelta(hours=24)
    assert decision["grant_id"] is None


def test_a_ticket_that_was_paid_for_is_premium_two_hours_from_the_payment_and_holds_the_credit(
    service: Context,
) -> None:
    asked(service)
    bought(service, ticket="tkt_1")
    decision = asked(service)
    assert decision["response_class"] == "premium"
    assert decision["respond_by"] == MONDAY + timedelta(hours=2, minutes=10)
    assert [reason["code"] for reason in decision["reasons"]] == ["paid_for_this_ticket", "premium_target"]
    assert balances(service) == [(0, 1, 0)]
    assert [kind for kind, _ in events_out(service)] == ["entitlements.decision.made.v1"]


def test_the_payment_may_arrive_before_the_question(service: Context) -> None:
    bought(service, ticket="tkt_1")
    assert asked(service)["response_class"] == "premium"
    assert balances(service) == [(0, 1, 0)]


def test_a_payment_that_arrives_while_the_question_is_being_decided_still_raises_it(
    service: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    deciding, go_on, store = threading.Event(), threading.Event(), decisions.add

    def slowly(session: Any, row: Body) -> Any:
        deciding.set()
        go_on.wait(10)
        return store(session, row)

    def somebody_waits() -> bool:
        with service.db.transaction() as session:
            return bool(session.execute(sa.text("SELECT 1 FROM pg_locks WHERE NOT granted")).first())

    monkeypatch.setattr(decisions, "add", slowly)
    with ThreadPoolExecutor(2) as pool:
        question = pool.submit(asked, service)
        assert deciding.wait(10)
        payment = pool.submit(bought, service, ticket="tkt_1")
        until(lambda: payment.done() or somebody_waits())
        go_on.set()
        question.result()
        payment.result()
    assert asked(service)["response_class"] == "premium"


def test_the_same_purchase_delivered_20_times_at_once_grants_once(service: Context) -> None:
    asked(service)
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda _: bought(service, ticket="tkt_1"), range(20)))
    assert outcomes.count(True) == 1
    assert balances(service) == [(0, 1, 0)]


def test_a_second_event_for_the_same_order_grants_nothing_more(service: Context) -> None:
    bought(service, "evt_1")
    bought(service, "evt_2")
    assert balances(service) == [(1, 0, 0)]


def test_a_question_repeated_50_times_at_once_has_one_answer_and_one_hold(service: Context) -> None:
    bought(service, size=5)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: asked(service, verified=True), range(50)))
    assert len({answer["decision_id"] for answer in answers}) == 1
    assert balances(service) == [(4, 1, 0)]


def test_fifty_tickets_want_the_last_credit_and_exactly_one_gets_it(service: Context) -> None:
    bought(service)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: asked(service, f"tkt_{number}", verified=True), range(50)))
    assert [answer["response_class"] for answer in answers].count("premium") == 1
    assert balances(service) == [(0, 1, 0)]


def test_whoever_has_not_proved_the_address_burns_no_credit_of_the_account(service: Context) -> None:
    bought(service, size=5)
    decision = asked(service, verified=False)
    assert decision["response_class"] == "standard"
    assert balances(service) == [(5, 0, 0)]


def test_the_words_of_a_standard_decision_do_not_tell_a_stranger_whether_there_are_credits(service: Context) -> None:
    bought(service, size=5)
    of_victim, of_nobody = asked(service, "tkt_1"), asked(service, "tkt_2", email="nobody@acme.test")
    assert of_victim["reasons"] == of_nobody["reasons"]


def test_a_lapsed_credit_is_not_used(service: Context) -> None:
    bought(service, expires_at=(MONDAY - timedelta(days=400)).isoformat())
    assert asked(service, verified=True)["response_class"] == "standard"


def test_a_payment_a_day_later_raises_the_class_and_keeps_the_earlier_due_time(service: Context) -> None:
    before = asked(service)
    bought(service, ticket="tkt_1", paid_at=(MONDAY + timedelta(hours=23, minutes=30)).isoformat())
    after = asked(service)
    assert after["response_class"] == "premium"
    assert after["respond_by"] == before["respond_by"]
    assert after["sequence"] == 2


def test_the_first_answer_consumes_the_credit_once_and_tells_billing(service: Context) -> None:
    bought(service, ticket="tkt_1")
    asked(service)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: responded(service, "tkt_1", f"evt_responded_{number % 3}"), range(20)))
    assert balances(service) == [(0, 0, 1)]
    [(kind, body)] = events_out(service)
    assert kind == "entitlements.credit.consumed.v1"
    assert (body["order_id"], body["ticket_id"], body["account_id"]) == ("ord_1", "tkt_1", "acc_jo")


def test_a_ticket_that_is_canceled_gives_its_credit_back_and_another_can_use_it(service: Context) -> None:
    bought(service, ticket="tkt_1")
    asked(service)
    closed(service, "tkt_1", "canceled")
    assert balances(service) == [(1, 0, 0)]
    assert asked(service, "tkt_2", verified=True)["response_class"] == "premium"


def test_a_late_answer_to_a_canceled_ticket_consumes_nothing(service: Context) -> None:
    bought(service, ticket="tkt_1")
    asked(service)
    closed(service, "tkt_1", "canceled")
    responded(service, "tkt_1")
    assert balances(service) == [(1, 0, 0)]


def test_the_end_of_a_ticket_may_be_told_before_its_answer(service: Context) -> None:
    bought(service, ticket="tkt_1")
    asked(service)
    closed(service, "tkt_1", "confirmed")
    responded(service, "tkt_1")
    assert balances(service) == [(0, 0, 1)]


def test_a_payment_after_the_answer_leaves_the_credit_for_the_next_question(service: Context) -> None:
    asked(service)
    responded(service, "tkt_1")
    bought(service, ticket="tkt_1")
    assert balances(service) == [(1, 0, 0)]


def test_a_credit_waits_for_its_ticket_and_no_other_takes_it(service: Context) -> None:
    bought(service, ticket="tkt_paid")
    assert asked(service, "tkt_other", verified=True)["response_class"] == "standard"
    assert asked(service, "tkt_paid")["response_class"] == "premium"


def test_of_a_pack_that_waits_for_its_ticket_the_others_are_free(service: Context) -> None:
    bought(service, ticket="tkt_paid", size=2)
    assert asked(service, "tkt_2", verified=True)["response_class"] == "premium"
    assert asked(service, "tkt_3", verified=True)["response_class"] == "standard"
    assert asked(service, "tkt_paid")["response_class"] == "premium"
    assert balances(service) == [(0, 2, 0)]


def test_what_was_paid_for_a_canceled_ticket_serves_another(service: Context) -> None:
    asked(service, "tkt_1")
    closed(service, "tkt_1", "canceled")
    bought(service, ticket="tkt_1")
    assert balances(service) == [(1, 0, 0)]
    assert asked(service, "tkt_2", verified=True)["response_class"] == "premium"


def test_an_answer_to_a_ticket_that_nobody_asked_about_is_to_be_told_again(service: Context) -> None:
    with pytest.raises(TicketNotDecided):
        responded(service, "tkt_unknown")
    asked(service, "tkt_unknown")
    assert responded(service, "tkt_unknown")


def test_a_repeat_with_another_address_is_refused(service: Context) -> None:
    asked(service)
    with pytest.raises(TicketBelongsToAnother):
        asked(service, email="eve@other.test")


def test_an_event_of_an_unknown_type_or_shape_is_refused_and_nothing_is_written(service: Context) -> None:
    with pytest.raises(UnknownEvent):
        take_event(service, event("evt_1", "billing.unheard.of.v1", {}))
    with pytest.raises(UnknownEvent):
        bought(service, size=0)
    assert balances(service) == []


def test_the_balance_of_each_grant_is_the_sum_of_its_entries(service: Context) -> None:
    bought(service, size=3)
    for number in range(3):
        asked(service, f"tkt_{number}", verified=True)
    responded(service, "tkt_0", "evt_a")
    closed(service, "tkt_1", "canceled", "evt_b")
    with service.db.transaction() as session:
        kinds = session.execute(sa.select(credit_entries.c.kind).order_by(credit_entries.c.id)).scalars().all()
        [stored] = ledger.grants_of_order(session, "ord_1")
    assert sorted(kinds) == ["consume", "grant", "hold", "hold", "hold", "release"]
    assert (stored["available"], stored["held"], stored["consumed"]) == (1, 1, 1)


@pytest.mark.parametrize("table", ["credit_entries", "decisions"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {}"])
def test_ledger_and_decisions_only_grow(service: Context, table: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), service.db.transaction() as session:
        session.execute(sa.text(statement.format(table)))
