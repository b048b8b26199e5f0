"""Each kind of pending work of the queue: one item's trouble stays its own, and ends with a person who releases it."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from services.queue.decisions import decide, fall_back
from services.queue.decisions import store as decisions
from services.queue.delivery import send
from services.queue.gateways.mail import MailRefused, MailServerUnavailable
from services.queue.mail_out import store as mails
from services.queue.mail_out.tables import outbound_mails
from services.queue.payments import go_on
from services.queue.payments import store as payments
from services.queue.pending import KINDS as KINDS_OF_QUEUE
from services.queue.tickets.ticket import Choice, Payment, Ticket
from shared.errors import Kind, ServiceError
from shared.work.command import run_command
from shared.work.kind import WorkKind
from tests.support.queue import Queue, queue_service


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Drawing the traceback of each poisoned attempt would take longer than the test."""
    with capture_logs():
        yield


class Work:
    """A kind with its sweep: how tickets come to wait for it, how it goes wrong for one, and whether it is done."""

    def __init__(self, kind: WorkKind, table: str, sweep: str, place: tuple[Any, str]) -> None:
        self.kind, self.table, self.sweep, self.place = kind, table, sweep, place

    def open(self, queue: Queue) -> Ticket:
        if self.table == "payment_waits":
            return queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
        return queue.open() if self.table == "outbound_mails" else queue.open_undecided()

    def key(self, queue: Queue, ticket: Ticket) -> str:
        if self.table != "outbound_mails":
            return ticket.id
        of_ticket = sa.select(outbound_mails.c.id).where(outbound_mails.c.ticket_id == ticket.id)
        [row] = queue.rows(of_ticket)
        return str(row.id)

    def is_done(self, queue: Queue, ticket: Ticket) -> bool:
        now = queue.ticket(ticket.id)
        match self.table:
            case "outbound_mails":
                return any(queue.mailed(ticket) in mail.text for mail in queue.mail.taken)
            case "pending_decisions":
                return now.promise is not None and now.promise.decision_id is not None
            case "promise_deadlines":
                return now.promise is not None
            case _:
                return now.payment is Payment.NOT_COMPLETED

    def run(self, queue: Queue) -> None:
        """Time passes, and the sweep comes."""
        queue.let_time_pass(self.table)
        queue.sweep(self.sweep)

    def parked(self, queue: Queue) -> list[str]:
        with queue.context.db.transaction() as session:
            return [item.key for item in self.kind.parked(session)]

    def release(self, queue: Queue, key: str) -> None:
        with queue.context.db.transaction() as session:
            assert self.kind.release(session, key) == 1


MAILS = Work(mails.WORK, "outbound_mails", "sweep_mails", (send, "compose"))
DECISIONS = Work(decisions.WORK, "pending_decisions", "sweep_undecided", (decide, "record_decision"))
FALLBACKS = Work(decisions.DEADLINES, "promise_deadlines", "give_fallbacks", (fall_back, "freeze_promise"))
PAYMENTS = Work(payments.WORK, "payment_waits", "sweep_payments", (go_on, "tell_promise"))
KINDS = pytest.mark.parametrize("work", [MAILS, DECISIONS, FALLBACKS, PAYMENTS], ids=lambda work: work.table)


def raising(error: BaseException) -> Callable[[], None]:
    def go_wrong() -> None:
        raise error

    return go_wrong


def trouble_with(ticket: Ticket, work: Work, trouble: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the work does for this ticket goes wrong."""
    module, name = work.place
    does = getattr(module, name)

    def do(*arguments: Any, **more: Any) -> Any:
        if ticket.id in repr(arguments):
            trouble()
        return does(*arguments, **more)

    monkeypatch.setattr(module, name, do)


def three(queue: Queue, work: Work) -> list[Ticket]:
    return [work.open(queue) for _ in range(3)]


@KINDS
def test_a_poisonous_item_is_parked_seen_and_released_and_the_others_go_on(
    queue: Queue, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, *others = three(queue, work)
    with monkeypatch.context() as patch:
        trouble_with(bad, work, raising(RuntimeError("poison")), patch)
        work.run(queue)
        assert [work.is_done(queue, ticket) for ticket in (bad, *others)] == [False, True, True]
        for _ in range(11):
            assert work.parked(queue) == []
            work.run(queue)
    assert work.parked(queue) == [work.key(queue, bad)]
    work.run(queue)
    assert not work.is_done(queue, bad), "it waits for a person"

    work.release(queue, work.key(queue, bad))
    work.run(queue)
    assert work.is_done(queue, bad)
    assert work.parked(queue) == []


@KINDS
def test_a_hung_item_is_cut_off_and_the_others_go_on(queue: Queue, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, *others = three(queue, work)
    monkeypatch.setattr(work.kind, "longest", timedelta(seconds=0.3))
    trouble_with(bad, work, lambda: time.sleep(20), monkeypatch)
    began = time.monotonic()
    for _ in range(3):
        work.run(queue)
    assert time.monotonic() - began < 10
    assert all(work.is_done(queue, ticket) for ticket in others)
    assert work.parked(queue) == [work.key(queue, bad)]


@KINDS
def test_an_item_that_kills_its_worker_is_parked_before_it_takes_many_along(
    queue: Queue, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, *others = three(queue, work)
    trouble_with(bad, work, raising(KeyboardInterrupt()), monkeypatch)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            work.run(queue)
        queue.sweep(work.sweep)  # the next worker
        assert all(work.is_done(queue, ticket) for ticket in others)
    work.run(queue)
    assert work.parked(queue) == [work.key(queue, bad)]


@pytest.mark.parametrize("how", ["refuses", "fails", "babbles", "hangs"])
def test_a_ticket_that_entitlements_will_not_decide_holds_up_no_other_and_has_its_promise_in_time(
    queue: Queue, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decide, "_SWEEP_DEADLINE_S", 0.3)
    bad, *others = three(queue, DECISIONS)
    queue.peers.trouble_with[bad.id] = how
    DECISIONS.run(queue)
    assert [DECISIONS.is_done(queue, ticket) for ticket in (bad, *others)] == [False, True, True]
    for _ in range(11):
        DECISIONS.run(queue)
    parked = [bad.id] if how == "refuses" else []  # an outage says nothing about an item, a refusal does
    assert DECISIONS.parked(queue) == parked

    FALLBACKS.run(queue)
    assert queue.ticket(bad.id).promise is not None, "also of what is parked: nobody waits without a promise"

    queue.peers.trouble_with.clear()
    if parked:
        DECISIONS.release(queue, bad.id)
    DECISIONS.run(queue)
    assert DECISIONS.is_done(queue, bad)


def test_while_entitlements_is_away_all_get_the_fallback_promise_in_time(queue: Queue) -> None:
    queue.peers.entitlements = "fails"
    opened = [queue.open() for _ in range(8)]
    queue.peers.entitlements = "hangs"
    began = time.monotonic()
    FALLBACKS.run(queue)
    assert time.monotonic() - began < 3, "entitlements is not asked for each of them"
    assert all(queue.ticket(ticket.id).queued for ticket in opened)


def test_a_canceled_ticket_gets_no_fallback_and_is_still_told_to_entitlements(queue: Queue) -> None:
    ticket = queue.open_undecided()
    queue.write("update tickets set state = 'canceled', ended_at = now() where id = :i", i=ticket.id)
    FALLBACKS.run(queue)
    assert queue.ticket(ticket.id).promise is None
    DECISIONS.run(queue)
    assert queue.ticket(ticket.id).promise is not None


@pytest.mark.parametrize("error", [MailRefused("550 no such person"), MailServerUnavailable("451 greylisted")])
def test_a_mail_that_is_not_taken_holds_up_no_other(
    queue: Queue, error: ServiceError, monkeypatch: pytest.MonkeyPatch
) -> None:
    parked = error.kind is Kind.REFUSED
    bad, *others = three(queue, MAILS)
    take = queue.mail.send

    def refuse(mail: Any) -> None:
        if queue.mailed(bad) in mail.text:
            raise error
        take(mail)

    monkeypatch.setattr(queue.mail, "send", refuse)
    for _ in range(12):
        MAILS.run(queue)
    assert all(MAILS.is_done(queue, ticket) for ticket in others)
    assert MAILS.parked(queue) == ([MAILS.key(queue, bad)] if parked else [])
    counted = queue.app.test_client().get("/readyz").json["pending"]
    assert (counted["mails"], counted["mails_parked"]) == ((0, 1) if parked else (1, 0))


def test_what_waits_for_its_moment_is_not_pending_before_it(queue: Queue) -> None:
    queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    queue.sweep("sweep_mails")
    counted = queue.app.test_client().get("/readyz").json["pending"]
    assert not any(counted.values()), counted
    queue.let_time_pass("payment_waits")
    assert queue.app.test_client().get("/readyz").json["pending"]["payment_waits"] == 1


def test_who_pays_in_time_is_left_alone_at_the_end_of_the_wait(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    queue.decide(ticket.id, premium=True, sequence=2)
    PAYMENTS.run(queue)
    assert queue.ticket(ticket.id).payment is Payment.PAID


def test_the_operators_page_lists_each_kind(queue: Queue) -> None:
    page = queue.desk("Olga", "operator").get("/operator/work").text
    for work in (MAILS, DECISIONS, FALLBACKS, PAYMENTS):
        assert work.kind.title in page


def test_the_operators_command_shows_what_is_parked_and_releases_it(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = MAILS.open(queue)
    trouble_with(bad, MAILS, raising(RuntimeError("poison")), monkeypatch)
    for _ in range(12):
        MAILS.run(queue)
    key = MAILS.key(queue, bad)
    run_command(queue.context.db, KINDS_OF_QUEUE, ())
    shown = capsys.readouterr().out
    assert "jo@acme.example.com" in shown
    assert "poison" in shown
    run_command(queue.context.db, KINDS_OF_QUEUE, ("release", "mails", key))
    assert MAILS.parked(queue) == []
