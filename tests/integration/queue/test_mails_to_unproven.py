"""A stranger's address in the form is no way to fill a mailbox: a few mails, then none until its owner acts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.conversation.answer import Answer, Lease, answer_ticket
from services.queue.mail_out.tables import outbound_mails
from services.queue.ordering.take_next import take_next
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Step, Ticket
from shared.ids import new_token
from tests.support.queue import Queue, hidden_fields, queue_service

VICTIM = "jo@acme.example.com"


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def arrived(queue: Queue) -> list[str]:
    """The subjects of what reaches the victim's mailbox."""
    queue.sweep("sweep_mails")
    return [mail.subject for mail in queue.mail.taken if mail.to_address == VICTIM]


def test_sixty_forms_to_one_address_are_sixty_tickets_and_three_mails(queue: Queue) -> None:
    with ThreadPoolExecutor(6) as strangers:
        list(strangers.map(lambda _: queue.open(), range(60)))
    assert len(queue.rows(sa.select(tickets))) == 60
    assert len(arrived(queue)) == 3


def test_mails_to_others_go_out_meanwhile(queue: Queue) -> None:
    for _ in range(5):
        queue.open()
    queue.open(email="kim@example.com")
    queue.sweep("sweep_mails")
    assert [mail.to_address for mail in queue.mail.taken].count("kim@example.com") == 1


def test_an_answer_of_a_person_is_mailed_in_any_case(queue: Queue) -> None:
    for _ in range(5):
        ticket = queue.open()
    queue.write("update tickets set queued = false where id <> :id", id=ticket.id)
    ana = queue.agent()
    taken = take_next(queue.context, ana, new_token())
    assert taken is not None
    lease = Lease(agent_id=ana.id, token=taken.lease_token)
    answer = Answer(step=Step.ANSWER, text="Update it.", restated=None, lease=lease, form_token=new_token())
    answer_ticket(queue.context, ana, ticket.id, answer)
    assert arrived(queue)[-1] == f"Payments fail (#{ticket.number})"
    assert queue.mail.taken[-1].text.startswith("Ana Silva wrote:")


def test_what_is_learned_of_a_held_ticket_is_in_its_one_mail_when_it_is_let_go(queue: Queue) -> None:
    first, *_ = flooded(queue)
    last = queue.open_undecided()
    queue.decide(last.id)
    jo, page = queue.customer(), queue.mailed(first)
    jo.post(page, f"{page}/send-held")
    queue.sweep("sweep_mails")
    assert "A person answers by" in next(mail.text for mail in queue.mail.taken if queue.mailed(last) in mail.text)


def flooded(queue: Queue, count: int = 5) -> list[Ticket]:
    opened = [queue.open() for _ in range(count)]
    assert len(arrived(queue)) == 3
    return opened


def test_a_scanner_that_opens_each_link_proves_nothing(queue: Queue) -> None:
    first, *_ = flooded(queue)
    for path in ("", "/top", "/ask"):
        queue.customer().get(queue.mailed(first) + path)
    queue.open()
    assert len(arrived(queue)) == 3


def test_who_acts_by_a_mailed_link_gets_mails_again_and_the_others_when_they_ask(queue: Queue) -> None:
    first, *_, last = flooded(queue)
    jo, page = queue.customer(), queue.mailed(first)
    assert "2 more mails about tickets with your address were held back" in jo.get(page).text
    assert jo.post(page, f"{page}/reply", text="It is me.").status_code == 303
    queue.open()
    assert len(arrived(queue)) == 4
    assert jo.post(page, f"{page}/send-held").status_code == 303
    assert len(arrived(queue)) == 6
    assert any(queue.mailed(last) in mail.text for mail in queue.mail.taken)
    assert "held back" not in jo.get(page).text


def test_the_browser_that_asked_is_told_why_no_mail_comes_and_proves_nothing_by_writing(queue: Queue) -> None:
    *_, last = flooded(queue)
    browser, page = queue.customer(), queue.path(last)
    assert "none was sent for this ticket" in browser.get(page).text
    assert browser.post(page, f"{page}/reply", text="Hello?").status_code == 303
    form = hidden_fields(browser.get(page).text)
    assert browser.client.post(f"{page}/send-held", data=form).status_code == 404
    queue.open()
    assert len(arrived(queue)) == 3


def test_an_hour_later_a_few_more_go_out_and_ten_are_enough_for_a_day(queue: Queue) -> None:
    for hour in range(5):
        for _ in range(4):
            queue.open()
        queue.write("update outbound_mails set created_at = created_at - interval '61 minutes'")
        assert len(arrived(queue)) == min(3 * (hour + 1), 10)
    held = sa.select(sa.func.count()).where(outbound_mails.c.held_at.is_not(None))
    assert queue.rows(held)[0][0] == 10
