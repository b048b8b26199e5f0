"""A judge that cannot find seeded damage is no judge: each is shown a world in which one thing is wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.chaos.journal import Beat, Form, Outcome, Payment, Sight, Take, Words
from tests.chaos.judges import JUDGES, violations
from tests.chaos.witness import Row, Truth
from tests.unit.chaos.sane_truth import AGENT, DUE, at, entry, event, sane_truth

Damage = Callable[[Truth], object]


def rows(truth: Truth, service: str, table: str) -> list[Row]:
    return truth.rows[service][table]


def twice(service: str, table: str, **changed: object) -> Damage:
    return lambda truth: rows(truth, service, table).append(rows(truth, service, table)[0] | changed)


def gone(service: str, table: str, number: int = -1) -> Damage:
    return lambda truth: rows(truth, service, table).pop(number)


def other(service: str, table: str, line: int = 0, /, **changed: object) -> Damage:
    return lambda truth: rows(truth, service, table)[line].update(changed)


def told(fact: object) -> Damage:
    return lambda truth: truth.journal.note(fact)  # type: ignore[arg-type]


def earned(truth: Truth) -> list[Row]:
    """The lines in the books that move what was paid to what is earned."""
    return [line for line in rows(truth, "billing", "ledger_entries") if line["transaction_id"] == "ltx_3"]


def taken_again(seconds: float, token: int) -> Damage:
    """A second agent takes the ticket after that many seconds; the answer of the first stands behind it."""

    def damage(truth: Truth) -> None:
        trail = rows(truth, "queue", "audit_entries")
        trail.insert(3, entry("ticket", "tkt_1", 4, "taken", seconds, actor="agent:agt_2", lease_token=token))
        trail[4] |= {"number": 5}

    return damage


def taken_again_by_the_same_agent(truth: Truth) -> None:
    trail = rows(truth, "queue", "audit_entries")
    trail.insert(3, entry("ticket", "tkt_1", 4, "resumed", 60, actor=AGENT, lease_token=2))
    trail[4] |= {"number": 5}


DAMAGES: dict[str, list[Damage]] = {
    "each_charge_is_booked_once": [
        twice("billing", "ledger_transactions", transaction_id="ltx_9"),
        gone("billing", "ledger_transactions", 0),
        gone("billing", "ledger_transactions", 1),
        other("billing", "ledger_entries", amount_minor=49000),
        lambda truth: truth.charges.clear(),
    ],
    "the_books_balance": [
        other("billing", "ledger_entries", amount_minor=1),
        lambda truth: [line.update(amount_minor=2 * line["amount_minor"]) for line in earned(truth)],
    ],
    "an_order_is_settled_once": [
        lambda truth: rows(truth, "billing", "audit_entries").append(entry("order", "ord_1", 2, "settled")),
        twice("billing", "outbox", id="evt_9"),
        twice("billing", "order_payments", charge_id="ch_9"),
        other("billing", "orders", state="open"),
    ],
    "nobody_pays_twice": [
        lambda truth: truth.charges.append(truth.charges[0] | {"id": "ch_9"}),
        twice("billing", "orders", order_id="ord_9"),
    ],
    "who_was_told_paid_has_paid": [
        told(Payment(session_id="cs_9")),
        other("billing", "orders", state="open"),
        other("billing", "orders", amount_minor=4800),
    ],
    "todays_reconciliation_is_clean": [
        lambda truth: truth.reconciliations[0].update(clean=False),
        lambda truth: truth.reconciliations[0].update(matched=2),
    ],
    "each_settled_order_has_one_grant": [
        gone("entitlements", "grants"),
        twice("entitlements", "grants", id="grt_9"),
        twice("entitlements", "grants", id="grt_9", source_id="ord_9"),
        other("entitlements", "grants", granted=5),
    ],
    "counters_follow_their_entries": [
        other("entitlements", "grants", held=1, consumed=0),
        other("entitlements", "grants", granted=2),
    ],
    "a_ticket_uses_one_credit_at_most": [
        lambda truth: rows(truth, "entitlements", "credit_entries").extend(
            {"id": name, "grant_id": "grt_1", "kind": kind, "credits": 1, "ticket_id": "tkt_1"}
            for name, kind in (("cre_8", "hold"), ("cre_9", "consume"))
        )
    ],
    "an_answer_uses_the_held_credit": [
        gone("entitlements", "credit_entries"),
        other("queue", "tickets", first_responded_at=None),
    ],
    "a_used_credit_is_earned": [
        gone("billing", "consumptions"),
        gone("billing", "ledger_transactions"),
        other("billing", "consumptions", released_at=None),
        twice("billing", "consumptions"),
    ],
    "each_form_is_one_ticket": [
        gone("queue", "tickets"),
        twice("queue", "tickets", id="tkt_9"),
        twice("queue", "messages", id="msg_9"),
        told(Form(mark="[c9-1]", outcome=Outcome.TAKEN)),
        told(Form(mark="[c1-1]", outcome=Outcome.REFUSED)),
        told(Form(mark="[c1-1]", outcome=Outcome.TAKEN, ticket_ids=frozenset({"tkt_1", "tkt_9"}))),
    ],
    "each_message_is_there_once": [
        gone("queue", "messages"),
        lambda truth: rows(truth, "queue", "messages").append(rows(truth, "queue", "messages")[1] | {"id": "msg_9"}),
        told(Words(mark="[c1-2]", by="customer", outcome=Outcome.TAKEN)),
        told(Words(mark="[ana-1]", by="ana", outcome=Outcome.REFUSED, ticket_id="tkt_1", token=1)),
    ],
    "nothing_strange_was_written": [
        twice("queue", "messages", id="msg_9", body="Who wrote this?"),
        other("queue", "messages", 1, ticket_id="tkt_9"),
    ],
    "each_mail_arrived": [
        lambda truth: truth.mails.clear(),
        lambda truth: truth.mails.append({"message_id": "<9@x>", "to": ["c1@x"], "text": ""}),
        lambda truth: truth.mails[0].update(to=["c9@x"]),
        other("queue", "outbound_mails", sent_at=None),
    ],
    "no_mail_came_twice_without_a_crash": [lambda truth: truth.mails.append(truth.mails[0])],
    "each_answer_was_mailed_once": [
        lambda truth: truth.mails.clear(),
        lambda truth: truth.mails.append(truth.mails[0] | {"message_id": "<9@x>"}),
        lambda truth: truth.mails.append(truth.mails[0] | {"text": "[ana-2]"}),
    ],
    "one_lease_at_a_time": [
        taken_again(40, token=2),
        taken_again(85, token=1),
        other("queue", "tickets", lease_token=7),
        other("queue", "audit_entries", 3, occurred_at=at(81)),
        other("queue", "audit_entries", 3, actor="agent:agt_2"),
    ],
    "who_was_given_a_ticket_has_it": [told(Take(person="sam", ticket_id="tkt_1"))],
    "nothing_is_written_under_an_older_lease": [taken_again_by_the_same_agent],
    "no_old_tab_keeps_a_lease": [told(Beat(person="ana", ticket_id="tkt_1", outcome=Outcome.TAKEN))],
    "each_ticket_has_one": [other("queue", "tickets", respond_by=None)],
    "the_class_never_falls_and_the_time_never_moves_later": [
        lambda truth: rows(truth, "queue", "audit_entries")[1]["after"].update(class_rank=-1),
        lambda truth: rows(truth, "queue", "audit_entries")[1]["after"].update(respond_by=at(99_999).isoformat()),
        other("entitlements", "decisions", 1, sequence=3),
        other("entitlements", "decisions", 1, respond_by=at(99_999)),
    ],
    "what_was_shown_is_kept": [
        told(Sight(ticket_id="tkt_1", response_class="premium", respond_by=at(60).isoformat())),
        other("queue", "tickets", class_rank=0),
        told(Sight(ticket_id="tkt_9", response_class="standard", respond_by=DUE.isoformat())),
    ],
    "both_services_tell_the_same": [
        other("queue", "tickets", class_rank=0),
        other("entitlements", "decisions", 1, respond_by=DUE - timedelta(hours=1)),
        lambda truth: rows(truth, "entitlements", "decisions").clear(),
    ],
    "numbered_without_gaps": [
        gone("queue", "audit_entries"),
        gone("billing", "audit_entries"),
        other("entitlements", "audit_entries", 1, number=3),
    ],
    "each_event_arrived": [
        lambda truth: rows(truth, "queue", "outbox").append(event("evt_9", "queue.ticket.closed.v1", "entitlements"))
    ],
    "nothing_waits_for_a_person": [
        lambda truth: truth.for_a_person.update({"queue.mails_parked": 1}),
        lambda truth: truth.parked.append("queue outbox evt_9"),
    ],
}


def test_where_everything_holds_nothing_is_found() -> None:
    assert violations(sane_truth()) == []


@pytest.mark.parametrize(
    ("judge", "number"), [(name, number) for name, damages in DAMAGES.items() for number in range(len(damages))]
)
def test_each_judge_finds_the_damage_that_is_its_own(judge: str, number: int) -> None:
    truth = sane_truth()
    DAMAGES[judge][number](truth)
    assert judge in {said.partition(":")[0] for said in violations(truth)}


def test_no_judge_is_without_a_damage() -> None:
    assert {judge.__name__ for judge in JUDGES} == DAMAGES.keys()


def test_a_repeated_mail_is_explained_by_a_crash() -> None:
    truth = replace(sane_truth(), mail_crashes=1)
    truth.mails.append(truth.mails[0])
    assert violations(truth) == []


def test_a_lease_that_has_ended_may_be_taken_by_somebody_else() -> None:
    truth = sane_truth()
    rows(truth, "queue", "audit_entries").append(entry("ticket", "tkt_1", 5, "taken", 81, actor=AGENT, lease_token=2))
    rows(truth, "queue", "tickets")[0] |= {"lease_token": 2, "audit_number": 5}
    assert violations(truth) == []
