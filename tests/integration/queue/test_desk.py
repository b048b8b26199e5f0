"""The agent's desk, by its forms: who may come in, what they get, and what a lost lease leaves them."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.queue.tickets.ticket import State
from tests.support.queue import Queue, hidden_fields, queue_service


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def test_nobody_comes_in_without_signing_in(queue: Queue) -> None:
    answer = queue.customer().get("/desk")
    assert answer.status_code == 302
    assert answer.location.startswith("/signin?next=%2Fdesk")


@pytest.mark.parametrize("role", ["finance", "operator"])
def test_who_has_another_role_is_turned_away(queue: Queue, role: str) -> None:
    desk = queue.desk("Finn", role)
    ticket = queue.open()
    assert desk.get("/desk").status_code == 403
    assert desk.get(f"/desk/tickets/{ticket.id}").status_code == 403


def test_a_supervisor_looks_but_does_not_take(queue: Queue) -> None:
    ticket = queue.open()
    desk = queue.desk("Sofia", "supervisor")
    page = desk.get(f"/desk/tickets/{ticket.id}")
    assert page.status_code == 200
    assert "Take next" not in page.text
    token = hidden_fields(page.text)["csrf_token"]
    assert desk.client.post("/desk/take", data={"csrf_token": token}).status_code == 403


def test_an_empty_queue_says_so(queue: Queue) -> None:
    desk = queue.desk()
    assert "Nothing waits for you." in desk.get("/desk").text
    assert desk.post("/desk", "/desk/take").location == "/desk"


def test_the_story_of_a_ticket_on_the_desk(queue: Queue) -> None:
    standard, premium = queue.open(subject="Slow page"), queue.open_premium(subject="Payments fail")
    ben, ana = queue.desk("Ben Okafor", "agent"), queue.desk("Ana Silva", "agent", "senior")
    assert "1 premium" in ana.get("/desk").text
    assert ben.post("/desk", "/desk/take").location == f"/desk/tickets/{standard.id}"
    case = ana.post("/desk", "/desk/take").location
    assert case == f"/desk/tickets/{premium.id}"
    page = ana.get(case).text
    assert "cleared the cache" in page
    assert "As we understand it" in page
    assert "0 premium" in page

    sent = ana.post(case, f"{case}/answer", text="Please try again.", restated="Cards fail.", step="ask_back")
    assert sent.status_code == 303
    assert queue.ticket(premium.id).state is State.WAITING_CUSTOMER
    queue.sweep("sweep_mails")
    assert queue.ticket(premium.id).first_responded_at is not None

    customer, link = queue.customer(), queue.path(premium)
    customer.post(link, f"{link}/reply", text="Works for Visa now.")
    assert "Works for Visa now." in ana.get(case).text
    assert ana.post(case, f"{case}/resume").location == case
    ana.post(case, f"{case}/answer", text="Mastercard too now.", restated="Cards fail.", step="resolve")
    assert queue.ticket(premium.id).state is State.RESOLVED


def test_two_clicks_of_take_next_on_one_page_take_one_ticket(queue: Queue) -> None:
    queue.open()
    queue.open()
    desk = queue.desk()
    form = hidden_fields(desk.get("/desk").text)
    first, second = (desk.client.post("/desk/take", data=form) for _ in range(2))
    assert first.location == second.location


def test_a_lost_lease_answers_409_and_keeps_the_text_which_a_click_brings_along(queue: Queue) -> None:
    queue.open()
    desk = queue.desk()
    case = desk.post("/desk", "/desk/take").location
    form = hidden_fields(desk.get(case).text.partition("answer-box")[2])
    queue.write("update tickets set lease_expires_at = now() - interval '1 second'")
    answer = desk.client.post(
        f"{case}/answer", data=form | {"text": "My long\nanswer", "restated": "R", "step": "answer"}
    )
    assert answer.status_code == 409
    assert "Nothing was sent" in answer.text
    assert "My long\nanswer" in answer.text
    again = hidden_fields(answer.text.partition(f'action="{case}/resume"')[2])
    back = desk.client.post(f"{case}/resume", data=again)
    assert back.status_code == 200
    assert "My long\nanswer" in back.text
    assert 'name="lease_token" value="2"' in back.text


def test_taken_by_somebody_else_the_text_is_still_there_to_copy(queue: Queue) -> None:
    queue.open()
    ana, sam = queue.desk("Ana Silva"), queue.desk("Sam Reyes")
    case = ana.post("/desk", "/desk/take").location
    form = hidden_fields(ana.get(case).text.partition("answer-box")[2])
    queue.write("update tickets set lease_expires_at = now() - interval '1 second'")
    assert sam.post("/desk", "/desk/take").location == case
    answer = ana.client.post(f"{case}/answer", data=form | {"text": "My answer", "step": "answer"})
    assert answer.status_code == 409
    assert "My answer" in answer.text
    assert "Sam Reyes has it" in answer.text


def test_the_heartbeat_says_when_the_lease_is_lost(queue: Queue) -> None:
    queue.open()
    desk = queue.desk()
    case = desk.post("/desk", "/desk/take").location
    form = hidden_fields(desk.get(case).text.partition("answer-box")[2])
    beat = {name: form[name] for name in ("csrf_token", "lease_token")}
    assert desk.client.post(f"{case}/heartbeat", data=beat).status_code == 200
    assert "lease_token" in desk.get("/desk/heartbeat.js").text
    assert desk.client.post(f"{case}/heartbeat", data=beat | {"lease_token": "99"}).status_code == 409


def test_an_empty_answer_is_asked_for_and_nothing_is_sent(queue: Queue) -> None:
    queue.open()
    desk = queue.desk()
    case = desk.post("/desk", "/desk/take").location
    answer = desk.post(case, f"{case}/answer", text=" ", restated="Kept", step="answer")
    assert answer.status_code == 422
    assert "Write what the customer should read." in answer.text
    assert "Kept" in answer.text


def test_an_unknown_ticket_is_a_404(queue: Queue) -> None:
    assert queue.desk().get("/desk/tickets/tkt_none").status_code == 404
    assert queue.desk().get("/desk/tickets/%00").status_code == 404
