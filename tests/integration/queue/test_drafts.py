"""Nothing that is typed at the desk is lost, with or without JavaScript."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.queue.tickets.ticket import Ticket
from tests.support.queue import Browser, Queue, hidden_fields, queue_service


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def fields_on(desk: Browser, case: str) -> dict[str, str]:
    """The words that stand in the fields of a page."""
    found = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', desk.get(case).text, re.DOTALL)
    return {name: html.unescape(words) for name, words in found}


def page_of(desk: Browser, case: str) -> dict[str, str]:
    """What each button of this page sends, besides the words."""
    found = re.search(r'<form id="work".*?</form>', desk.get(case).text, re.DOTALL)
    assert found is not None
    return hidden_fields(found[0])


def taken(queue: Queue, desk: Browser) -> tuple[Ticket, str]:
    ticket = queue.open()
    case = desk.post("/desk", "/desk/take").location
    assert case == f"/desk/tickets/{ticket.id}"
    return ticket, case


WRITTEN = {"text": "A long\nanswer <b>", "restated": "Cards fail", "note": "ask Sam", "why": "needs Sam"}


@pytest.mark.parametrize("button", ["/desk/take", "{case}/note", "{case}/answer", "{case}/return"])
def test_a_button_that_is_about_something_else_keeps_what_was_being_written(queue: Queue, button: str) -> None:
    desk = queue.desk()
    _, case = taken(queue, desk)
    action = button.format(case=case)
    gone = {"note": "note", "answer": "text restated", "return": "why"}.get(action.rpartition("/")[2], "").split()
    desk.client.post(action, data=page_of(desk, case) | WRITTEN | {"step": "answer"})
    if action.endswith("/answer"):  # it is the customer's turn; whoever goes on writes again
        desk.client.post(f"{case}/resume", data=page_of(desk, case))
    if action.endswith("/return"):
        desk.post("/desk", "/desk/take")
    now = fields_on(desk, case)
    for name, words in WRITTEN.items():
        if name in now:
            assert now[name] == ("Cards fail" if name == "restated" else "" if name in gone else words), name


def test_what_is_saved_while_typing_stands_there_again(queue: Queue) -> None:
    desk = queue.desk()
    _, case = taken(queue, desk)
    assert desk.client.post(f"{case}/draft", data=page_of(desk, case) | WRITTEN).status_code == 204
    assert fields_on(desk, case) == WRITTEN
    assert desk.client.post(f"{case}/draft", data=page_of(desk, case) | {"note": ""}).status_code == 204
    assert fields_on(desk, case) == WRITTEN | {"note": ""}


def test_a_draft_is_the_agents_own(queue: Queue) -> None:
    ana, sofia = queue.desk("Ana Silva"), queue.desk("Sofia", "supervisor")
    _, case = taken(queue, ana)
    ana.client.post(f"{case}/draft", data=page_of(ana, case) | WRITTEN)
    assert "A long" not in sofia.get(case).text
    sofia.client.post(f"{case}/draft", data=page_of(sofia, case) | {"note": "mine"})
    assert fields_on(sofia, case)["note"] == "mine"
    assert fields_on(ana, case)["note"] == "ask Sam"


def test_a_draft_outlives_the_lease_and_comes_back_with_the_ticket(queue: Queue) -> None:
    desk = queue.desk()
    _, case = taken(queue, desk)
    queue.write("update tickets set lease_expires_at = now() - interval '1 second'")
    assert desk.client.post(f"{case}/draft", data=page_of(desk, case) | {"text": "Half an answer"}).status_code == 204
    assert "Half an answer" in desk.get(case).text
    desk.client.post(f"{case}/resume", data=page_of(desk, case))
    assert fields_on(desk, case)["text"] == "Half an answer"


def test_a_save_that_comes_after_the_answer_was_sent_brings_no_draft_back(queue: Queue) -> None:
    desk = queue.desk()
    _, case = taken(queue, desk)
    page = page_of(desk, case) | {"text": "Please try now.", "step": "answer"}
    desk.client.post(f"{case}/answer", data=page)
    desk.client.post(f"{case}/draft", data=page)  # was on its way all the time
    desk.client.post(f"{case}/answer", data=page)  # the second of two clicks
    desk.client.post(f"{case}/resume", data=page_of(desk, case))
    assert fields_on(desk, case)["text"] == ""


def test_a_refused_answer_from_a_page_that_was_sent_before_is_still_shown(queue: Queue) -> None:
    desk = queue.desk()
    _, case = taken(queue, desk)
    page = page_of(desk, case)
    desk.client.post(f"{case}/note", data=page | {"note": "ask Sam"})
    queue.write("update tickets set lease_expires_at = now() - interval '1 second'")
    answer = desk.client.post(f"{case}/answer", data=page | {"text": "Written in the old tab", "step": "answer"})
    assert answer.status_code == 409
    assert "Written in the old tab" in answer.text


def test_no_draft_of_an_unknown_ticket(queue: Queue) -> None:
    desk = queue.desk()
    _, case = taken(queue, desk)
    answer = desk.client.post("/desk/tickets/tkt_none/draft", data=page_of(desk, case) | {"text": "x"})
    assert answer.status_code == 404
