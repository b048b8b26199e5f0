"""A ticket is accepted first and judged later: nothing that fails behind the form loses a customer's words."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from services.queue.base_tables import audit_entries
from services.queue.conversation.tables import messages
from services.queue.decisions.tables import pending_decisions, promise_deadlines
from services.queue.mail_out.tables import outbound_mails
from services.queue.payments import buy_incident
from services.queue.payments.errors import NothingToPay
from services.queue.take_event import take_events
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Choice, Payment
from shared import clock
from shared.email_address import AddressInvalid
from tests.support.queue import CHECKOUT, Queue, queue_service


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def mails_of(queue: Queue, ticket_id: str) -> list[str]:
    query = sa.select(outbound_mails.c.kind).where(outbound_mails.c.ticket_id == ticket_id)
    return [row.kind for row in queue.rows(query.order_by(outbound_mails.c.id))]


def test_a_ticket_gets_its_promise_at_once_and_an_acknowledgement(queue: Queue) -> None:
    ticket = queue.open()
    assert ticket.promise is not None
    assert ticket.promise.response_class.id == "standard"
    assert ticket.queued
    assert mails_of(queue, ticket.id) == ["acknowledgement"]
    assert queue.peers.asked[0]["requester_verified"] is False
    for waiting in (pending_decisions, promise_deadlines):
        assert queue.rows(sa.select(waiting.c.ticket_id).where(waiting.c.due_at.is_not(None))) == []


@pytest.mark.parametrize("how", ["hangs", "fails", "babbles", "babbles json"])
def test_entitlements_in_trouble_the_ticket_stands_within_two_seconds_and_is_decided_later(
    queue: Queue, how: str
) -> None:
    queue.peers.entitlements = how
    began = time.monotonic()
    ticket = queue.open()
    assert time.monotonic() - began < 2
    assert ticket.promise is None
    assert not ticket.queued

    queue.peers.entitlements = "ok"
    queue.sweep("sweep_undecided")
    queue.sweep("sweep_undecided")
    assert queue.ticket(ticket.id).queued
    assert mails_of(queue, ticket.id) == ["acknowledgement"]
    queue.sweep("sweep_mails")
    assert "A person answers by" in queue.mail.taken[0].text


def test_the_mail_with_the_link_goes_out_though_nobody_decides_and_the_due_time_follows(queue: Queue) -> None:
    ticket = queue.open_undecided()
    queue.sweep("sweep_mails")
    assert queue.mail.taken == [], "the decision may come in a moment, and then it is one mail"
    queue.let_time_pass("outbound_mails")
    queue.sweep("sweep_mails")
    [first] = queue.mail.taken
    assert queue.mailed(ticket) in first.text
    assert "A person answers by" not in first.text
    queue.decide(ticket.id)
    queue.sweep("sweep_mails")
    assert mails_of(queue, ticket.id) == ["acknowledgement", "promised"]
    second = queue.mail.taken[1]
    assert second.text.startswith("A person answers by")
    assert (second.subject, second.references) == (first.subject, (first.message_id,))


def test_a_mail_that_is_on_its_way_is_not_changed_and_the_due_time_goes_in_a_second_one(queue: Queue) -> None:
    ticket = queue.open_undecided()
    queue.let_time_pass("outbound_mails")
    queue.mail.up = False
    queue.sweep("sweep_mails")
    queue.decide(ticket.id)
    queue.mail.up = True
    queue.let_time_pass("outbound_mails")
    queue.sweep("sweep_mails")
    assert ["A person answers by" in mail.text for mail in queue.mail.taken] == [False, True]


def test_a_form_that_got_no_decision_wakes_a_job_that_asks_again(queue: Queue) -> None:
    woken: list[tuple[str, ...]] = []
    queue.context.db.enqueue = lambda *job: woken.append(job)
    ticket = queue.open_undecided()
    assert woken == [("decide_ticket", ticket.id)]
    queue.wake("decide_ticket", ticket.id)
    assert queue.ticket(ticket.id).promise is not None
    assert [job for job, _ in woken[1:]] == ["send_mail"]


def test_a_process_that_dies_while_the_form_asks_leaves_the_ticket_to_the_sweep(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(queue.context.entitlements, "decide", die)
        with pytest.raises(KeyboardInterrupt):
            queue.open()
    [row] = queue.rows(sa.select(tickets.c.id))
    queue.sweep("sweep_undecided")
    assert queue.ticket(row.id).promise is None, "the form may still be asking"
    queue.let_time_pass("pending_decisions")
    queue.sweep("sweep_undecided")
    assert queue.ticket(row.id).promise is not None


def test_without_a_decision_for_ten_minutes_the_standard_promise_is_given_and_a_later_decision_only_raises(
    queue: Queue,
) -> None:
    queue.peers.entitlements = "fails"
    ticket = queue.open()
    queue.sweep("give_fallbacks")
    assert queue.ticket(ticket.id).promise is None, "ten minutes have not passed"

    queue.let_time_pass("promise_deadlines")
    queue.sweep("give_fallbacks")
    given = queue.ticket(ticket.id).promise
    assert given is not None
    assert (given.response_class.id, given.response_class.rank, given.decision_id) == ("standard", 0, None)
    assert queue.ticket(ticket.id).queued

    queue.decide(ticket.id, respond_by=(given.respond_by + timedelta(hours=5)).isoformat())
    later = queue.ticket(ticket.id).promise
    assert later is not None
    assert later.respond_by == given.respond_by
    assert later.decision_id is not None
    assert mails_of(queue, ticket.id) == ["acknowledgement"]

    queue.decide(ticket.id, premium=True, sequence=2)
    best = queue.ticket(ticket.id).promise
    assert best is not None
    assert best.response_class.id == "premium"
    assert mails_of(queue, ticket.id) == ["acknowledgement", "promise_raised"]


def test_the_same_event_twice_does_its_work_once(queue: Queue) -> None:
    from tests.support.queue import decision  # noqa: PLC0415

    ticket = queue.open()
    event = {
        "id": "evt_1",
        "type": "entitlements.decision.made.v1",
        "body": decision(ticket.id, premium=True, sequence=2),
    }
    assert take_events(queue.context, [event])
    assert not take_events(queue.context, [event])
    assert mails_of(queue, ticket.id) == ["acknowledgement", "promise_raised"]


def test_a_form_sent_fifty_times_at_once_is_one_ticket_with_one_message(queue: Queue) -> None:
    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(lambda _: queue.open(form_token="the-form").id, range(50)))
    assert len(set(found)) == 1
    assert len(queue.rows(sa.select(tickets))) == 1
    assert len(queue.rows(sa.select(messages).where(messages.c.kind == "customer"))) == 1


def test_an_address_that_is_none_is_refused_and_nothing_is_stored(queue: Queue) -> None:
    for address in (
        "jo",
        "jo@",
        "jo@localhost",
        "jörg@example.com",
        "a b@example.com",
        "jo@example.com\nBcc: all@example.com",
        "",
    ):
        with pytest.raises(AddressInvalid) as refused:
            queue.open(email=address)
        assert refused.value.field == "email"
    assert queue.rows(sa.select(tickets)) == []


def test_what_a_mail_header_or_a_database_cannot_hold_is_taken_out(queue: Queue) -> None:
    ticket = queue.open(subject="a\r\nBcc: all@example.com\0", text="b\0c\r\nd", name="Jo\nWeber", zone="Mars/\0")
    assert ticket.subject == "a Bcc: all@example.com"
    assert ticket.contact_name == "Jo Weber"
    assert ticket.zone == "UTC"
    assert queue.rows(sa.select(messages.c.body))[0].body == "bc\nd"


def test_while_a_payment_is_pending_no_agent_gets_it_and_the_mail_with_the_link_says_so_at_once(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    assert ticket.payment is Payment.PENDING
    assert ticket.promise is not None
    assert not ticket.queued
    queue.sweep("sweep_mails")
    [mail] = queue.mail.taken
    assert "Your payment has not arrived yet." in mail.text
    assert queue.mailed(ticket) in mail.text
    assert "A person answers by" not in mail.text
    assert mail.subject == f"Payments fail (#{ticket.number})"


def test_paid_it_is_premium_and_acknowledged_as_such(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    queue.decide(ticket.id, premium=True, sequence=2)
    paid = queue.ticket(ticket.id)
    assert (paid.payment, paid.queued) == (Payment.PAID, True)
    assert paid.promise is not None
    assert paid.promise.response_class.id == "premium"
    queue.sweep("sweep_mails")
    assert mails_of(queue, ticket.id) == ["acknowledgement", "paid"]
    assert queue.mail.taken[1].text.startswith("Thank you, your payment has arrived. A person answers by ")


def test_not_paid_within_half_an_hour_it_goes_on_as_standard_and_a_later_payment_still_counts(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    queue.sweep("sweep_payments")
    assert queue.ticket(ticket.id).payment is Payment.PENDING

    queue.let_time_pass("payment_waits")
    queue.sweep("sweep_payments")
    queue.sweep("sweep_payments")
    gone_on = queue.ticket(ticket.id)
    assert (gone_on.payment, gone_on.queued) == (Payment.NOT_COMPLETED, True)
    queue.sweep("sweep_mails")
    assert "A person answers by" in queue.mail.taken[-1].text

    queue.decide(ticket.id, premium=True, sequence=2)
    assert queue.ticket(ticket.id).payment is Payment.PAID
    assert mails_of(queue, ticket.id)[-1] == "paid"


def test_the_way_to_pay_is_one_order_for_each_ticket_and_none_when_billing_is_away(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    assert buy_incident.checkout_url(queue.context, ticket) == CHECKOUT
    assert queue.ticket(ticket.id).order_id == "ord_1"
    assert queue.peers.orders[0] == {
        "ticket_id": ticket.id,
        "contact_email": "jo@acme.example.com",
        "product": "incident_1",
        "currency": "usd",
    }
    queue.peers.billing = "fails"
    assert buy_incident.checkout_url(queue.context, queue.ticket(ticket.id)) is None
    with pytest.raises(NothingToPay):
        buy_incident.checkout_url(queue.context, queue.open())


def test_credits_are_asked_for_only_with_a_proven_address_and_the_wish_to_use_one(queue: Queue) -> None:
    queue.open(choice=Choice.CREDIT, address_proven=False)
    queue.open(choice=Choice.STANDARD, address_proven=True)
    queue.open(choice=Choice.CREDIT, address_proven=True)
    assert [asked["requester_verified"] for asked in queue.peers.asked] == [False, False, True]


def test_the_audit_trail_of_a_ticket_is_numbered_without_gaps_and_nobody_can_edit_it(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    queue.decide(ticket.id, premium=True, sequence=2)
    of_ticket = sa.select(audit_entries).where(audit_entries.c.aggregate_id == ticket.id)
    entries = queue.rows(of_ticket.order_by(audit_entries.c.number))
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.action for entry in entries] == ["opened", "promise_decided", "promise_decided"]
    assert (entries[2].before["payment"], entries[2].after["payment"]) == ("pending", "paid")
    assert (entries[2].before["response_class"], entries[2].after["response_class"]) == ("standard", "premium")
    for statement in ("update audit_entries set why = ''", "delete from audit_entries", "truncate audit_entries"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            queue.rows(sa.text(statement))


def kept(queue: Queue, ticket_id: str, event_id: str = "evt_kept", **more: Any) -> int:
    body = {
        "ticket_id": ticket_id,
        "order_id": "ord_late",
        "credits": 1,
        "paid_at": "2026-11-25T09:00:00+00:00",
        **more,
    }
    return take_events(queue.context, [{"id": event_id, "type": "entitlements.incidents.kept.v1", "body": body}])


def test_who_paid_after_the_answer_hears_of_it_once_on_the_page_and_by_mail(queue: Queue) -> None:
    ticket = queue.open()
    assert kept(queue, ticket.id)
    assert kept(queue, ticket.id, "evt_again"), "another event about the same order"
    assert mails_of(queue, ticket.id) == ["acknowledgement", "kept"]
    queue.sweep("sweep_mails")
    assert "one incident waits for your next question" in queue.mail.taken[-1].text.replace("\n", " ")
    page = queue.customer().get(queue.mailed(ticket)).text
    assert page.count("You paid after we had answered. One incident waits") == 1
    assert kept(queue, ticket.id, "evt_pack", order_id="ord_pack", credits=5)
    assert "5 incidents wait for your next question" in queue.customer().get(queue.mailed(ticket)).text


def test_a_ticket_that_waited_for_that_payment_waits_no_longer(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY)
    assert queue.ticket(ticket.id).payment is Payment.PENDING
    kept(queue, ticket.id)
    assert queue.ticket(ticket.id).payment is Payment.NOT_COMPLETED
