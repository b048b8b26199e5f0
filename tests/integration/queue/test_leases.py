"""Take next: one ticket, one agent; nothing is written under a right that has ended."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.queue.agents.agent import Agent, Tier
from services.queue.base_tables import audit_entries
from services.queue.classes.response_class import TakenBy
from services.queue.closing.end import cancel_ticket
from services.queue.conversation.answer import Answer, answer_ticket
from services.queue.conversation.tables import messages
from services.queue.leases import hold
from services.queue.ordering import store as queue_order
from services.queue.ordering.ordering import Waiting, next_for
from services.queue.ordering.take_next import take_next
from services.queue.ordering.watermark import HEAD
from services.queue.tickets.errors import LeaseLost, TextMissing, TicketMovedOn
from services.queue.tickets.ticket import Lease, State, Step, Ticket
from shared import clock
from shared.ids import new_token
from tests.support.queue import WITHIN_30, Queue, queue_service


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def taken(queue: Queue, agent: Agent) -> Ticket:
    ticket = take_next(queue.context, agent, new_token())
    assert ticket is not None
    return ticket


def lease_of(agent: Agent, ticket: Ticket) -> Lease:
    return Lease(agent_id=agent.id, token=ticket.lease_token)


def answering(lease: Lease, text: str = "Try this.", step: Step = Step.ANSWER, form_token: str = "") -> Answer:
    return Answer(step=step, text=text, restated="", lease=lease, form_token=form_token or new_token())


def let_leases_end(queue: Queue) -> None:
    queue.write("update tickets set lease_expires_at = now() - interval '1 second' where lease_expires_at is not null")


def test_fifty_agents_press_at_once_and_each_ticket_goes_to_one(queue: Queue) -> None:
    for _ in range(30):
        queue.open()
    for _ in range(10):
        queue.open_premium()
    agents = [queue.agent(f"Agent {number}") for number in range(50)]
    together = Barrier(50)

    def press(agent: Agent) -> tuple[str, int] | None:
        together.wait()
        for _ in range(20):
            try:
                ticket = take_next(queue.context, agent, new_token())
            except sa.exc.TimeoutError:
                continue
            return None if ticket is None else (ticket.id, ticket.lease_token)
        raise AssertionError("no connection in twenty tries")

    with ThreadPoolExecutor(50) as threads:
        found = [claim for claim in threads.map(press, agents) if claim is not None]
    assert len(found) == 40
    assert len({ticket_id for ticket_id, _ in found}) == 40
    entries = queue.rows(sa.select(audit_entries).where(audit_entries.c.action == "taken"))
    assert len(entries) == 40
    assert all(entry.after["lease_token"] == 1 for entry in entries)


def test_a_senior_gets_the_paid_ticket_and_a_regular_agent_the_standard_one(queue: Queue) -> None:
    standard, premium = queue.open(), queue.open_premium()
    ana, ben = queue.agent("Ana", Tier.SENIOR), queue.agent("Ben", Tier.REGULAR)
    assert taken(queue, ben).id == standard.id
    assert take_next(queue.context, ben, new_token()) is None
    assert taken(queue, ana).id == premium.id


def test_the_statement_gives_what_the_ordering_rule_says(queue: Queue) -> None:
    minutes = (900, 30, 500, 30, 1200, 5)
    opened = [queue.open_premium() if index % 2 else queue.open() for index in range(len(minutes))]
    queue.decide(opened[2].id, response_class=WITHIN_30, sequence=2)
    for ticket, due in zip(opened, minutes, strict=True):
        queue.write(
            "update tickets set respond_by = now() + make_interval(mins => :m) where id = :i", m=due, i=ticket.id
        )
    waiting = []
    for ticket in opened:
        promise = queue.ticket(ticket.id).promise
        assert promise is not None
        waiting.append(
            Waiting(
                ticket_id=ticket.id,
                taken_by=promise.response_class.taken_by,
                rank=promise.response_class.rank,
                respond_by=promise.respond_by,
            )
        )
    for tier in (Tier.REGULAR, Tier.REGULAR, *[Tier.SENIOR] * 5):
        expected = next_for(tier, waiting)
        got = take_next(queue.context, queue.agent(f"{tier}", tier), new_token())
        assert (got.id if got else None) == (expected.ticket_id if expected else None)
        waiting = [ticket for ticket in waiting if expected is None or ticket.ticket_id != expected.ticket_id]


def test_take_next_reads_the_index_that_serves_exactly_its_order(queue: Queue) -> None:
    head = queue_order.head_of(TakenBy.EVERYBODY).params(queue_order.parameters_from({TakenBy.EVERYBODY: HEAD}))
    statement = head.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    with queue.context.db.transaction() as session:
        session.execute(sa.text("set local enable_seqscan = off"))
        plan = "\n".join(row[0] for row in session.execute(sa.text(f"explain {statement}")))
    assert "Index Scan using tickets_free" in plan
    assert "Sort" not in plan


def test_a_double_click_takes_one_ticket(queue: Queue) -> None:
    queue.open()
    queue.open()
    ana = queue.agent()
    first, second = (take_next(queue.context, ana, "one-form") for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_a_lease_that_ended_returns_the_ticket_and_its_token_writes_nothing(queue: Queue) -> None:
    queue.open()
    ana, sam = queue.agent("Ana"), queue.agent("Sam")
    old = lease_of(ana, taken(queue, ana))
    let_leases_end(queue)
    ticket = taken(queue, sam)
    assert ticket.lease_token == old.token + 1

    with pytest.raises(LeaseLost):
        answer_ticket(queue.context, ana, ticket.id, answering(old))
    with pytest.raises(LeaseLost):
        hold.keep_lease(queue.context, ticket.id, old)
    with pytest.raises(LeaseLost):
        hold.return_ticket(queue.context, ana, ticket.id, old, "tired")
    assert queue.rows(sa.select(messages).where(messages.c.kind == "agent")) == []
    assert queue.ticket(ticket.id).owner_id == sam.id


def test_the_token_of_an_older_lease_writes_nothing_even_for_the_agent_who_has_the_ticket_again(queue: Queue) -> None:
    queue.open()
    ana = queue.agent()
    old = lease_of(ana, taken(queue, ana))
    let_leases_end(queue)
    ticket = taken(queue, ana)
    with pytest.raises(LeaseLost):
        answer_ticket(queue.context, ana, ticket.id, answering(old))
    answer_ticket(queue.context, ana, ticket.id, answering(lease_of(ana, ticket)))


def test_a_lease_that_ended_writes_nothing_even_when_nobody_else_came(queue: Queue) -> None:
    queue.open()
    ana = queue.agent()
    ticket = taken(queue, ana)
    let_leases_end(queue)
    with pytest.raises(LeaseLost):
        answer_ticket(queue.context, ana, ticket.id, answering(lease_of(ana, ticket)))
    again = hold.resume_ticket(queue.context, ana, ticket.id)
    assert again.lease_token == ticket.lease_token + 1
    answer_ticket(queue.context, ana, ticket.id, answering(lease_of(ana, again)))
    assert queue.ticket(ticket.id).state is State.WAITING_CUSTOMER


def test_a_token_of_another_agent_writes_nothing(queue: Queue) -> None:
    queue.open()
    ana, sam = queue.agent("Ana"), queue.agent("Sam")
    ticket = taken(queue, ana)
    with pytest.raises(LeaseLost):
        answer_ticket(queue.context, sam, ticket.id, answering(Lease(agent_id=sam.id, token=ticket.lease_token)))
    with pytest.raises(TicketMovedOn):
        hold.resume_ticket(queue.context, sam, ticket.id)


def test_the_heartbeat_keeps_the_ticket(queue: Queue) -> None:
    queue.open()
    ana = queue.agent()
    ticket = taken(queue, ana)
    queue.write("update tickets set lease_expires_at = now() + interval '10 seconds'")
    until = hold.keep_lease(queue.context, ticket.id, lease_of(ana, ticket))
    assert until - clock.now() > timedelta(minutes=14)
    assert queue.ticket(ticket.id).lease_expires_at == until


def test_a_returned_ticket_is_the_next_ones_with_the_reason_as_a_note(queue: Queue) -> None:
    queue.open()
    ana, sam = queue.agent("Ana"), queue.agent("Sam")
    ticket = taken(queue, ana)
    with pytest.raises(TextMissing):
        hold.return_ticket(queue.context, ana, ticket.id, lease_of(ana, ticket), " ")
    hold.return_ticket(queue.context, ana, ticket.id, lease_of(ana, ticket), "needs a database person")
    assert taken(queue, sam).id == ticket.id
    notes = queue.rows(sa.select(messages).where(messages.c.kind == "note"))
    assert notes[0].sentence == {"code": "given_back", "parameters": {"why": "needs a database person"}}


def test_an_answer_sent_twice_is_one_answer(queue: Queue) -> None:
    queue.open()
    ana = queue.agent()
    ticket = taken(queue, ana)
    answer = answering(lease_of(ana, ticket))
    for _ in range(2):
        answer_ticket(queue.context, ana, ticket.id, answer)
    assert len(queue.rows(sa.select(messages).where(messages.c.kind == "agent"))) == 1


def test_a_ticket_that_the_customer_canceled_takes_no_answer(queue: Queue) -> None:
    queue.open()
    ana = queue.agent()
    ticket = taken(queue, ana)
    cancel_ticket(queue.context, ticket.id)
    with pytest.raises(LeaseLost):
        answer_ticket(queue.context, ana, ticket.id, answering(lease_of(ana, ticket)))
    assert take_next(queue.context, ana, new_token()) is None
