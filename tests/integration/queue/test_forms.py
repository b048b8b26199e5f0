"""A form that comes twice is done once, and what is written anew is never taken for the old: no words are lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.conversation.tables import messages
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import State
from tests.support.queue import Queue, hidden_fields, queue_service

GOOD = {"subject": "Payments fail", "text": "All cards are refused.", "tried": "", "email": "jo@example.com"}


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def bodies(queue: Queue, *kinds: str) -> list[str]:
    found = sa.select(messages.c.body).where(messages.c.kind.in_(kinds)).order_by(messages.c.id)
    return [row.body for row in queue.rows(found)]


def test_a_stranger_who_guesses_the_key_of_an_integrator_does_not_get_the_link(queue: Queue) -> None:
    mine = queue.open(actor="integrator:shop", form_token="integrator:shop:order-1")
    theirs = queue.customer().post(
        "/ask", "/ask", **GOOD, name="", choice="standard", form_token="integrator:shop:order-1"
    )
    assert theirs.status_code == 303
    assert theirs.location != queue.path(mine)


def test_words_mended_after_going_back_are_another_ticket_and_the_same_words_are_not(queue: Queue) -> None:
    browser = queue.customer()
    hidden = hidden_fields(browser.get("/ask").text)
    first, mended, again = (
        browser.client.post("/ask", data=hidden | GOOD | {"name": "", "choice": choice, "text": text}).location
        for choice, text in (("standard", "It fails."), ("standard", "It fails on Safari."), ("buy", "It fails."))
    )
    assert first == again != mended
    assert bodies(queue, "customer") == ["It fails.", "It fails on Safari."]


def test_a_reply_mended_after_going_back_is_another_message(queue: Queue) -> None:
    path, browser = queue.path(queue.open()), queue.customer()
    hidden = hidden_fields(browser.get(path).text)
    for text in ("One more thing.", "One more thing.", "Two more things."):
        assert browser.client.post(f"{path}/reply", data=hidden | {"text": text}).status_code == 303
    assert bodies(queue, "customer")[1:] == ["One more thing.", "Two more things."]


def test_a_note_does_not_swallow_the_answer_of_the_same_page(queue: Queue) -> None:
    desk, ticket = queue.desk(), queue.open_premium()
    case = desk.post("/desk", "/desk/take").location
    hidden = hidden_fields(desk.get(case).text) | {"lease_token": str(queue.ticket(ticket.id).lease_token)}
    assert desk.client.post(f"{case}/note", data=hidden | {"note": "Seen before."}).status_code == 303
    assert desk.client.post(f"{case}/answer", data=hidden | {"text": "Update the app."}).status_code == 303
    assert bodies(queue, "agent", "note") == ["Seen before.", "Update the app."]


@pytest.mark.parametrize("text", ["Update the app.", ""])
def test_two_clicks_at_once_send_one_answer_and_both_say_so(queue: Queue, text: str) -> None:
    desk, ticket = queue.desk(), queue.open_premium()
    case = desk.post("/desk", "/desk/take").location
    if not text:  # the solution needs no words after an answer
        desk.post(case, f"{case}/answer", text="Update the app.", step="answer")
        desk.post(case, f"{case}/resume")
    form = hidden_fields(desk.get(case).text) | {
        "lease_token": str(queue.ticket(ticket.id).lease_token),
        "text": text,
        "step": "resolve",
    }
    clients = [queue.desk().client for _ in range(4)]
    cookie = desk.client.get_cookie("queue_session")
    assert cookie is not None
    for client in clients:
        client.set_cookie("queue_session", cookie.value)
    with ThreadPoolExecutor(4) as clicks:
        statuses = list(clicks.map(lambda client: client.post(f"{case}/answer", data=form).status_code, clients))
    assert statuses == [303] * 4
    assert queue.ticket(ticket.id).state is State.RESOLVED
    assert len(bodies(queue, "agent")) == 1


@pytest.mark.parametrize("token", ["9" * 5000, "9" * 30, "-1", "²", "٣٣", ""])
def test_a_lease_token_that_is_none_is_a_lost_lease_and_no_fault_of_ours(queue: Queue, token: str) -> None:
    desk = queue.desk()
    queue.open_premium()
    case = desk.post("/desk", "/desk/take").location
    assert desk.post(case, f"{case}/answer", text="Hello.", lease_token=token).status_code == 409
    assert bodies(queue, "agent") == []


def test_not_solved_takes_no_more_words_than_any_other_form(queue: Queue) -> None:
    desk, ticket = queue.desk(), queue.open_premium()
    case = desk.post("/desk", "/desk/take").location
    desk.post(case, f"{case}/answer", text="Update the app.", step="resolve")
    path, browser = queue.path(ticket), queue.customer()
    assert browser.post(path, f"{path}/not-solved", text="x" * 20_001).status_code == 422
    assert queue.ticket(ticket.id).state is State.RESOLVED
    assert browser.post(path, f"{path}/not-solved", text="Still.").status_code == 303
    assert queue.rows(sa.select(sa.func.count()).select_from(tickets))[0][0] == 1
