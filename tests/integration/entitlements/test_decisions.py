"""Decisions on real Postgres: which ticket gets which promise, and what it costs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.entitlements.decisions import store as decisions
from services.entitlements.tickets import store as tickets
from services.entitlements.tickets.errors import TicketBelongsToAnother
from tests.support.entitlements import JO, MONDAY, Told
from tests.support.house import until
from tests.support.statements import counted
from tests.support.tiny import token


def test_a_ticket_of_somebody_who_paid_nothing_is_standard_within_24_hours_on_weekdays(service: Told) -> None:
    decision = service.asked()
    assert decision.response_class == "standard"
    assert decision.respond_by == MONDAY + timedelta(hours=24)
    assert decision.source is None


def test_a_ticket_that_was_paid_for_is_premium_two_hours_from_the_payment_and_holds_the_credit(service: Told) -> None:
    service.asked()
    service.bought(ticket="tkt_1")
    decision = service.asked()
    assert (decision.response_class, decision.rank, decision.taken_by) == ("premium", 20, "senior")
    assert decision.sentences["en"] == "A senior agent takes it next."
    assert decision.respond_by == MONDAY + timedelta(hours=2, minutes=10)
    assert [reason.code for reason in decision.reasons] == ["paid_for_this_ticket", "answer_counted_from_payment"]
    assert service.counters() == [(0, 1, 0)]
    [(kind, body)] = service.events_out()
    assert kind == "entitlements.decision.made.v1"
    [(grant_id,)] = service.rows("SELECT id FROM grants")
    assert body["source"] == {"kind": "credit", "id": grant_id}


def test_the_payment_may_arrive_before_the_question(service: Told) -> None:
    service.bought(ticket="tkt_1")
    assert service.asked().response_class == "premium"
    assert service.counters() == [(0, 1, 0)]


@pytest.mark.parametrize("stores", ["add_first", "add"])
def test_a_payment_that_arrives_while_the_question_is_being_decided_still_raises_it(
    service: Told, monkeypatch: pytest.MonkeyPatch, stores: str
) -> None:
    deciding, go_on, store = threading.Event(), threading.Event(), getattr(decisions, stores)
    if stores == "add":  # the ticket is known, by a purchase that has lapsed
        service.bought("ord_old", ticket="tkt_1", expires_at=MONDAY.isoformat())

    def slowly(*values: Any) -> Any:
        deciding.set()
        go_on.wait(10)
        return store(*values)

    def somebody_waits() -> bool:
        return bool(service.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))

    monkeypatch.setattr(decisions, stores, slowly)
    with ThreadPoolExecutor(2) as pool:
        question = pool.submit(service.asked)
        assert deciding.wait(10)
        payment = pool.submit(service.bought, ticket="tkt_1")
        until(lambda: payment.done() or somebody_waits())
        go_on.set()
        question.result()
        payment.result()
    assert service.asked().response_class == "premium"


def test_a_question_repeated_50_times_at_once_has_one_answer_and_one_hold(service: Told) -> None:
    service.bought(size=5)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: service.asked(verified=True), range(50)))
    assert len({answer.decision_id for answer in answers}) == 1
    assert service.counters() == [(4, 1, 0)]


def test_fifty_tickets_want_the_last_credit_and_exactly_one_gets_it(service: Told) -> None:
    service.bought()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: service.asked(f"tkt_{number}", verified=True), range(50)))
    assert [answer.response_class for answer in answers].count("premium") == 1
    assert service.counters() == [(0, 1, 0)]


def test_questions_and_payments_for_the_same_tickets_at_once_do_not_lock_each_other_out(service: Told) -> None:
    service.bought("ord_pack", size=20)

    def both(number: int) -> None:
        ticket = f"tkt_{number // 2}"
        if number % 2:
            service.asked(ticket, verified=True)
        else:
            service.bought(f"ord_{number}", ticket=ticket)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(both, range(60)))
    held = service.rows("SELECT ticket_id FROM decisions WHERE source_id IS NOT NULL AND rank = 20")
    assert {ticket for (ticket,) in held} == {f"tkt_{number}" for number in range(30)}
    assert sum(held for _, held, _ in service.counters()) == 30


def test_a_first_decision_waits_for_its_ticket_before_it_takes_a_credit(service: Told) -> None:
    """Everybody takes the ticket first and then the grant; the other way around two would wait for each other."""
    service.bought(size=2)
    db = service.context.db
    with ThreadPoolExecutor(1) as pool:
        with db.transaction() as session:
            tickets.reserve(session, "tkt_1", MONDAY)
            asked = pool.submit(service.asked, verified=True)
            until(lambda: bool(service.rows("SELECT 1 FROM pg_locks WHERE NOT granted")))
            assert service.rows("SELECT available FROM grants FOR UPDATE NOWAIT") == [(2,)]
        assert asked.result().response_class == "premium"


def test_whoever_has_not_proved_the_address_burns_no_credit_of_the_account(service: Told) -> None:
    service.bought(size=5)
    assert service.asked(verified=False).response_class == "standard"
    assert service.counters() == [(5, 0, 0)]


def test_who_proves_the_address_later_gets_a_credit_once_and_keeps_the_clock_of_the_question(service: Told) -> None:
    service.bought(size=5)
    before = service.asked(verified=False)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: service.asked(verified=True), range(20)))
    assert {(answer.response_class, answer.starts_at) for answer in answers} == {("premium", before.starts_at)}
    assert service.counters() == [(4, 1, 0)]
    assert service.asked(verified=False).response_class == "premium"


def test_who_proves_the_address_and_has_nothing_left_keeps_what_was_promised(service: Told) -> None:
    before = service.asked(verified=False)
    assert service.asked(verified=True).decision_id == before.decision_id


def test_who_paid_for_the_ticket_and_proves_the_address_uses_no_second_credit(service: Told) -> None:
    service.bought(size=1, ticket="tkt_1")
    service.bought("ord_2", size=5)
    first = service.asked(verified=False)
    assert service.asked(verified=True).decision_id == first.decision_id
    assert sorted(service.counters()) == [(0, 1, 0), (5, 0, 0)]


def test_the_words_of_a_standard_decision_do_not_tell_a_stranger_whether_there_are_credits(service: Told) -> None:
    service.bought(size=5)
    of_victim, of_nobody = service.asked("tkt_1"), service.asked("tkt_2", email="nobody@acme.test")
    assert of_victim.reasons == of_nobody.reasons


def test_a_lapsed_credit_is_not_used(service: Told) -> None:
    service.bought(expires_at=(MONDAY - timedelta(days=400)).isoformat())
    assert service.asked(verified=True).response_class == "standard"


def test_a_payment_a_day_later_raises_the_class_and_keeps_the_earlier_due_time(service: Told) -> None:
    before = service.asked()
    service.bought(ticket="tkt_1", paid_at=(MONDAY + timedelta(hours=23, minutes=30)).isoformat())
    after = service.asked()
    assert after.response_class == "premium"
    assert after.respond_by == before.respond_by
    assert after.reasons[-1].code == "earlier_time_kept"
    assert after.sequence == 2


def test_a_payment_after_the_answer_leaves_the_credit_for_the_next_question(service: Told) -> None:
    service.asked()
    service.responded()
    service.bought(ticket="tkt_1")
    assert service.counters() == [(1, 0, 0)]


def test_who_pays_after_the_answer_or_the_end_is_told_that_the_credits_are_kept(service: Told) -> None:
    for number, end in enumerate((service.responded, service.closed)):
        service.asked(f"tkt_{number}")
        end(f"tkt_{number}")
        service.bought(f"ord_{number}", ticket=f"tkt_{number}", size=2)
    kept = [body for kind, body in service.events_out() if kind == "entitlements.incidents.kept.v1"]
    assert [(body["ticket_id"], body["order_id"], body["credits"]) for body in kept] == [
        ("tkt_0", "ord_0", 2),
        ("tkt_1", "ord_1", 2),
    ]


def test_who_pays_in_time_or_for_a_ticket_that_nobody_knows_is_told_nothing_of_that_kind(service: Told) -> None:
    service.asked()
    service.bought(ticket="tkt_1")
    service.bought("ord_2", ticket="tkt_of_nobody")
    assert "entitlements.incidents.kept.v1" not in [kind for kind, _ in service.events_out()]


def test_a_credit_waits_for_its_ticket_and_no_other_takes_it(service: Told) -> None:
    service.bought(ticket="tkt_paid")
    assert service.asked("tkt_other", verified=True).response_class == "standard"
    assert service.asked("tkt_paid").response_class == "premium"


def left(service: Told) -> int:
    """What the page of the customer offers."""
    with service.http() as client:
        answer = client.get(f"/v1/balance?email={JO}", headers=token("queue", "entitlements"))
        return int(answer.json["available"])


def test_what_is_offered_can_be_used_while_a_credit_waits_for_a_ticket_that_nobody_knows(service: Told) -> None:
    service.bought(ticket="tkt_none")
    assert left(service) == 0
    assert service.asked("tkt_2", verified=True).response_class == "standard"
    service.bought("ord_2", size=2, ticket="tkt_none_either")
    assert left(service) == 1
    assert service.asked("tkt_3", verified=True).response_class == "premium"


def test_a_credit_for_a_ticket_that_there_never_was_is_free_after_a_day(service: Told) -> None:
    service.bought(ticket="tkt_none")
    service.rows("UPDATE grants SET created_at = created_at - interval '25 hours' RETURNING 1")
    assert left(service) == 1
    assert service.asked("tkt_2", verified=True).response_class == "premium"


def test_of_a_pack_that_waits_for_its_ticket_the_others_are_free(service: Told) -> None:
    service.bought(ticket="tkt_paid", size=2)
    assert service.asked("tkt_2", verified=True).response_class == "premium"
    assert service.asked("tkt_3", verified=True).response_class == "standard"
    assert service.asked("tkt_paid").response_class == "premium"
    assert service.counters() == [(0, 2, 0)]


def test_what_was_paid_for_a_canceled_ticket_serves_another(service: Told) -> None:
    service.asked("tkt_1")
    service.closed("tkt_1")
    service.bought(ticket="tkt_1")
    assert service.counters() == [(1, 0, 0)]
    assert service.asked("tkt_2", verified=True).response_class == "premium"


def test_a_repeat_with_another_address_is_refused(service: Told) -> None:
    service.asked()
    with pytest.raises(TicketBelongsToAnother):
        service.asked(email="eve@other.test")


def test_an_address_is_the_same_in_small_and_capital_letters(service: Told) -> None:
    service.bought(contact_email="Jo@Acme.test")
    assert service.asked(verified=True, email="JO@acme.test").response_class == "premium"
    assert service.asked(verified=True, email=JO).response_class == "premium"


def test_each_change_of_class_is_on_the_ticket_s_trail(service: Told) -> None:
    service.asked()
    service.bought(ticket="tkt_1")
    trail = service.rows(
        "SELECT number, owner_key, actor, action, before->>'response_class', after->>'response_class'"
        " FROM audit_entries WHERE aggregate = 'ticket' ORDER BY number"
    )
    assert trail == [
        (1, JO, "service:queue", "decided", None, "standard"),
        (2, "acc_jo", "service:billing", "raised", "standard", "premium"),
    ]


def test_what_was_decided_stands_with_the_facts_that_it_was_made_from(service: Told) -> None:
    service.bought(size=3)
    service.asked(verified=True)
    [(facts, version, account)] = service.rows("SELECT facts, policy_version, account_id FROM decisions")
    assert facts["requester_verified"] is True
    assert [(grant["response_class"], grant["rank"], grant["available"]) for grant in facts["grants"]] == [
        ("premium", 20, 3)
    ]
    assert (version, account) == (service.context.policy.version, "acc_jo")


def test_a_decision_takes_few_statements(service: Told) -> None:
    service.bought(size=3)
    with counted(service.context.db) as with_a_hold:
        service.asked(verified=True)
    with counted(service.context.db) as repeated:
        service.asked(verified=True)
    with counted(service.context.db) as standard:
        service.asked("tkt_2", email="nobody@acme.test")
    assert (len(with_a_hold), len(repeated), len(standard)) == (2, 3, 2)


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {} = {}", "TRUNCATE {}"])
@pytest.mark.parametrize(
    ("table", "column"), [("credit_entries", "id"), ("decisions", "id"), ("audit_entries", "number")]
)
def test_ledger_decisions_and_trail_only_grow(service: Told, table: str, column: str, statement: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        service.rows(statement.format(table, column, column))
