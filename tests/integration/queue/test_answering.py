"""The first answer counts when the mail server has taken it; from there to solved or not solved."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.agents.agent import Agent
from services.queue.base_tables import outbox
from services.queue.closing.end import cancel_ticket, confirm_ticket
from services.queue.conversation.answer import Answer, answer_ticket
from services.queue.conversation.reply import reopen_ticket, reply_to_ticket
from services.queue.conversation.tables import messages
from services.queue.gateways.mail import MailRefused
from services.queue.leases.hold import resume_ticket
from services.queue.mail_out.tables import outbound_mails
from services.queue.ordering.take_next import take_next
from services.queue.tickets.errors import TextMissing, TicketMovedOn
from services.queue.tickets.ticket import Lease, State, Step, Ticket
from shared.ids import new_token
from tests.support.queue import Queue, queue_service


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def answered(queue: Queue, agent: Agent, step: Step = Step.ANSWER, text: str = "Try this.") -> Ticket:
    ticket = take_next(queue.context, agent, new_token())
    assert ticket is not None
    write(queue, agent, ticket, step, text)
    return ticket


def write(queue: Queue, agent: Agent, ticket: Ticket, step: Step = Step.ANSWER, text: str = "Try this.") -> None:
    lease = Lease(agent_id=agent.id, token=ticket.lease_token)
    answer = Answer(step=step, text=text, restated="Cards fail.", lease=lease, form_token=new_token())
    answer_ticket(queue.context, agent, ticket.id, answer)


def events(queue: Queue) -> list[tuple[str, dict[str, Any]]]:
    return [(row.type, row.body) for row in queue.rows(sa.select(outbox).order_by(outbox.c.id))]


def state_of(row: Any) -> str:
    return "parked" if row.parked_at else "pending" if row.due_at else "sent" if row.sent_at else "lost"


def states(queue: Queue) -> set[str]:
    return {state_of(row) for row in queue.rows(sa.select(outbound_mails))}


def due_now(queue: Queue) -> None:
    queue.let_time_pass("outbound_mails")


def test_the_first_response_is_on_record_when_the_mail_server_took_it_and_is_told_once(queue: Queue) -> None:
    queue.open_premium()
    ticket = answered(queue, queue.agent())
    assert queue.ticket(ticket.id).first_responded_at is None, "an unsent answer meets no promise"
    assert events(queue) == []

    queue.sweep("sweep_mails")
    first = queue.ticket(ticket.id).first_responded_at
    assert first is not None
    assert [kind for kind, _ in events(queue)] == ["queue.ticket.first_responded.v1"]
    assert events(queue)[0][1]["ticket_id"] == ticket.id

    again = resume_ticket(queue.context, queue.agent(), ticket.id)
    write(queue, queue.agent(), again, text="One more thing.")
    queue.sweep("sweep_mails")
    assert queue.ticket(ticket.id).first_responded_at == first
    assert len(events(queue)) == 1


def test_an_acknowledgement_is_no_answer(queue: Queue) -> None:
    ticket = queue.open()
    queue.sweep("sweep_mails")
    assert len(queue.mail.taken) == 1
    assert queue.ticket(ticket.id).first_responded_at is None


def test_mails_of_a_ticket_stand_in_one_thread(queue: Queue) -> None:
    queue.open()
    answered(queue, queue.agent())
    queue.sweep("sweep_mails")
    acknowledgement, answer = queue.mail.taken
    assert acknowledgement.references == ()
    assert answer.references == (acknowledgement.message_id,)


def test_the_mail_server_is_away_nothing_is_lost_and_all_goes_out_when_it_is_back(queue: Queue) -> None:
    queue.mail.up = False
    for _ in range(3):
        queue.open()
    answered(queue, queue.agent())
    for _ in range(3):
        queue.sweep("sweep_mails")
        due_now(queue)
    assert states(queue) == {"pending"}

    queue.mail.up = True
    queue.sweep("sweep_mails")
    assert len(queue.mail.taken) == 4
    assert states(queue) == {"sent"}


def test_a_crash_after_the_server_took_it_repeats_the_mail_under_the_same_message_id(queue: Queue) -> None:
    queue.open()
    answered(queue, queue.agent())
    queue.mail.dies_after = True
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            queue.sweep("sweep_mails")
    queue.mail.dies_after = False
    queue.sweep("sweep_mails")
    assert len(queue.mail.taken) == 2, "a sender that died holds its mail for a moment"
    due_now(queue)
    queue.sweep("sweep_mails")
    ids = [mail.message_id for mail in queue.mail.taken]
    assert len(ids) == 4
    assert ids[:2] == ids[2:]
    assert [kind for kind, _ in events(queue)] == ["queue.ticket.first_responded.v1"]


def test_two_schedulers_send_each_mail_once(queue: Queue) -> None:
    for number in range(5):
        queue.open(email=f"jo{number}@acme.example.com")
    waiting = [row.id for row in queue.rows(sa.select(outbound_mails.c.id))]
    for mail_id in [*waiting, *waiting]:
        queue.wake("send_mail", mail_id)
    queue.sweep("sweep_mails")
    assert len(queue.mail.taken) == 5


def test_while_one_sender_is_at_a_mail_no_other_sends_it(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.open()
    (mail_id,) = [row.id for row in queue.rows(sa.select(outbound_mails.c.id))]
    send = queue.mail.send

    def slowly(mail: Any) -> None:
        monkeypatch.setattr(queue.mail, "send", send)
        queue.wake("send_mail", mail_id)  # another worker, while the server takes its time with us
        queue.sweep("sweep_mails")
        send(mail)

    monkeypatch.setattr(queue.mail, "send", slowly)
    queue.wake("send_mail", mail_id)
    assert len(queue.mail.taken) == 1


def test_a_mail_that_is_refused_again_and_again_is_parked_and_the_others_flow(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.open(email="gone@example.com")
    queue.open()
    send = queue.mail.send

    def refuse(mail: Any) -> None:
        if mail.to_address == "gone@example.com":
            raise MailRefused("550 no such person")
        send(mail)

    monkeypatch.setattr(queue.mail, "send", refuse)
    for _ in range(12):
        queue.sweep("sweep_mails")
        due_now(queue)
    rows = {row.to_address: row for row in queue.rows(sa.select(outbound_mails))}
    assert state_of(rows["gone@example.com"]) == "parked"
    assert "550" in rows["gone@example.com"].last_error
    assert state_of(rows["jo@acme.example.com"]) == "sent"


def test_the_customer_answers_and_the_ticket_is_the_same_agents_turn(queue: Queue) -> None:
    queue.open()
    ana, sam = queue.agent("Ana"), queue.agent("Sam")
    ticket = answered(queue, ana, Step.ASK_BACK, "Which card?")
    assert queue.ticket(ticket.id).state is State.WAITING_CUSTOMER
    reply_to_ticket(queue.context, ticket.id, "Visa.", new_token())
    after = queue.ticket(ticket.id)
    assert (after.state, after.owner_id, after.queued) == (State.OPEN, ana.id, False)
    assert take_next(queue.context, sam, new_token()) is None


def test_resolved_and_confirmed_it_is_closed_and_entitlements_hears_of_it(queue: Queue) -> None:
    queue.open()
    ticket = answered(queue, queue.agent(), Step.RESOLVE, "Fixed.")
    queue.sweep("sweep_mails")
    assert "Ana Silva thinks this solves your problem. Does it?" in queue.mail.taken[-1].text
    for _ in range(2):
        confirm_ticket(queue.context, ticket.id)
    assert queue.ticket(ticket.id).state is State.CLOSED
    assert [kind for kind, _ in events(queue)] == ["queue.ticket.first_responded.v1", "queue.ticket.closed.v1"]
    assert events(queue)[1][1]["outcome"] == "confirmed"


def test_who_confirms_has_read_the_answer_even_while_its_mail_waits(queue: Queue) -> None:
    queue.mail.up = False
    queue.open()
    ticket = answered(queue, queue.agent(), Step.RESOLVE, "Fixed.")
    confirm_ticket(queue.context, ticket.id)
    assert queue.ticket(ticket.id).first_responded_at is not None
    assert [kind for kind, _ in events(queue)] == ["queue.ticket.first_responded.v1", "queue.ticket.closed.v1"]


def test_not_solved_brings_it_back_to_the_same_agent_at_no_charge(queue: Queue) -> None:
    queue.open()
    ana = queue.agent()
    ticket = answered(queue, ana, Step.RESOLVE, "Fixed.")
    queue.sweep("sweep_mails")
    reopen_ticket(queue.context, ticket.id, "", new_token())
    after = queue.ticket(ticket.id)
    assert (after.state, after.owner_id) == (State.OPEN, ana.id)
    confirmed_too_early = pytest.raises(TicketMovedOn)
    with confirmed_too_early:
        confirm_ticket(queue.context, ticket.id)
    assert [kind for kind, _ in events(queue)] == ["queue.ticket.first_responded.v1"]


def test_resolving_without_words_needs_an_answer_before(queue: Queue) -> None:
    queue.open()
    ana = queue.agent()
    ticket = take_next(queue.context, ana, new_token())
    assert ticket is not None
    with pytest.raises(TextMissing):
        write(queue, ana, ticket, Step.RESOLVE, "")
    write(queue, ana, ticket, Step.ANSWER, "Try this.")
    write(queue, ana, resume_ticket(queue.context, ana, ticket.id), Step.RESOLVE, "")
    assert queue.ticket(ticket.id).state is State.RESOLVED


def test_canceled_before_an_answer_the_hold_is_given_back_and_after_an_answer_it_is_too_late(queue: Queue) -> None:
    ticket = queue.open()
    for _ in range(2):
        cancel_ticket(queue.context, ticket.id)
    assert queue.ticket(ticket.id).state is State.CANCELED
    assert [(kind, body["outcome"]) for kind, body in events(queue)] == [("queue.ticket.closed.v1", "canceled")]
    with pytest.raises(TicketMovedOn):
        reply_to_ticket(queue.context, ticket.id, "Hello?", new_token())

    queue.open()
    other = answered(queue, queue.agent())
    with pytest.raises(TicketMovedOn):
        cancel_ticket(queue.context, other.id)


def test_a_reply_sent_twice_is_one_message(queue: Queue) -> None:
    ticket = queue.open()
    first, second = (reply_to_ticket(queue.context, ticket.id, "And this.", "one-form") for _ in range(2))
    assert first == second
    assert len(queue.rows(sa.select(messages).where(messages.c.body == "And this."))) == 1
