"""The agent's desk, by its forms: who may come in, what they get, and what a lost lease leaves them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.queue.closing.end import cancel_ticket
from services.queue.tickets.tables import tickets
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
    assert ana.post(case, f"{case}/resume").location == f"{case}#field-text"
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
    assert desk.client.post(f"{case}/resume", data=again).location.startswith(case)
    back = desk.get(case)
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
    assert "lease_token" in desk.get("/desk/desk.js").text
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


def test_after_sending_one_is_at_what_was_sent_with_a_word_about_it(queue: Queue) -> None:
    queue.open()
    desk = queue.desk()
    case = desk.post("/desk", "/desk/take").location
    sent = desk.post(case, f"{case}/answer", text="Please try now.", step="answer")
    where, _, place = sent.location.partition("#")
    page = desk.get(where).text
    assert "Answer sent." in page
    assert "Please try now." in page.partition(f'id="{place}"')[2]
    noted = desk.post(case, f"{case}/note", note="He has two accounts").location
    assert "Note kept" in desk.get(noted.partition("#")[0]).text
    assert noted.endswith("#field-note")


def test_a_supervisor_is_told_to_press_nothing_that_is_not_there(queue: Queue) -> None:
    queue.open()
    assert "Press Take next" in queue.desk().get("/desk").text
    assert "Press Take next" not in queue.desk("Sofia", "supervisor").get("/desk").text


def test_who_has_an_own_ticket_to_answer_is_not_told_that_nothing_waits(queue: Queue) -> None:
    queue.open()
    desk = queue.desk()
    desk.post("/desk", "/desk/take")
    page = desk.get("/desk").text
    assert re.search(r'<div data-when="nothing" hidden>', page)
    assert re.search(r'<div data-when="own">', page)


def test_an_agent_reads_the_agents_sentences(queue: Queue) -> None:
    premium = queue.open_premium()
    page = queue.desk().get(f"/desk/tickets/{premium.id}").text
    assert "The customer bought an incident for this ticket." in page
    assert "You bought" not in page
    cancel_ticket(queue.context, premium.id)
    assert "The customer no longer needs it." in queue.desk().get(f"/desk/tickets/{premium.id}").text


def own_of(queue: Queue, agent: str, count: int) -> None:
    """Many tickets that an agent has answered."""
    ticket = queue.open()
    queue.desk(agent).get("/desk")
    own = {"id", "number", "form_key", "state", "owner_id", "queued", "respond_by"}
    alike = ", ".join(column.name for column in tickets.columns if column.name not in own)
    queue.write(
        f"insert into tickets (id, number, state, owner_id, respond_by, {alike})"  # noqa: S608 - names of columns
        f" select t.id || n, 100000 + n, 'resolved', (select id from agents where name = :agent),"
        f" t.respond_by + n * interval '1 s', {alike} from tickets t, generate_series(1, :count) n where t.id = :id",
        count=count,
        id=ticket.id,
        agent=agent,
    )


def test_the_lists_stay_small_however_much_an_agent_has_answered(queue: Queue) -> None:
    own_of(queue, "Ana Silva", 1000)
    desk = queue.desk()
    lists = desk.get("/desk/lists")
    assert len(lists.data) < 20_000
    seen, page = set[str](), "/desk/mine"
    while page:
        shown = desk.get(page).text
        here = set(re.findall(r"/desk/tickets/(\w+)#newest", shown))
        assert here
        assert not here & seen
        seen |= here
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        page = following[1] if following else ""
    assert len(seen) == 1000


def test_a_desk_that_looks_again_is_told_that_nothing_has_changed(queue: Queue) -> None:
    ticket = queue.open()
    desk = queue.desk()
    for path in ("/desk/lists", f"/desk/tickets/{ticket.id}/conversation"):
        first = desk.get(path)
        again = desk.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    known = {"If-None-Match": desk.get("/desk/lists").headers["ETag"]}
    queue.open()
    assert desk.get("/desk/lists", headers=known).status_code == 200
