"""Only a link that came by mail proves an address; until then its incidents are nobody's to see or to use."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.base_tables import metadata
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Choice, Payment, State
from tests.support.queue import CHECKOUT, Browser, Queue, credit_for_the_proved, hidden_fields, queue_service

GOOD = {"subject": "Payments fail", "text": "All cards are refused.", "tried": "", "email": "jo@example.com"}
BUY: dict[str, Any] = {"choice": Choice.BUY, "product": "incident_1", "currency": "usd"}


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        service.peers.available = 2
        yield service


def typed(queue: Queue) -> tuple[Browser, str]:
    """Somebody has written an address into the form: their browser, and the page to which it was led."""
    browser = queue.customer()
    return browser, browser.post("/ask", "/ask", **GOOD, name="", choice="standard").location


def use(browser: Browser, page: str) -> Any:
    return browser.client.post(f"{page}/use-incident", data=hidden_fields(browser.get(page).text))


def test_who_typed_an_address_reads_the_ticket_and_nothing_of_what_the_address_has(queue: Queue) -> None:
    browser, page = typed(queue)
    html = browser.get(page).text
    assert "All cards are refused." in html
    assert "2 incidents" not in html
    assert "We sent a mail to <strong>jo<wbr>@example<wbr>.com</strong>." in html
    queue.peers.available = 0
    assert browser.get(page).text.count("incident") == html.count("incident")


def test_who_typed_an_address_uses_no_incident_from_the_page_that_they_were_led_to(queue: Queue) -> None:
    browser, page = typed(queue)
    assert use(browser, page).status_code == 404
    assert "Use one of your" not in browser.get(f"{page}/ask").text
    form = GOOD | {"subject": "Again", "choice": "credit"}
    assert browser.post(f"{page}/ask", f"{page}/ask", **form).status_code == 422
    assert browser.post(f"{page}/ask", f"{page}/ask", **form | {"choice": "standard"}).status_code == 303
    assert [asked["requester_verified"] for asked in queue.peers.asked] == [False, False]


def test_the_page_link_does_not_become_the_mailed_one_by_any_change(queue: Queue) -> None:
    mine, other = queue.open(), queue.open()
    page, mailed = queue.path(mine), queue.mailed(mine)
    assert page != mailed
    seal, others_seal = page.rpartition(".")[2], queue.mailed(other).rpartition(".")[2]
    for path in (f"/t/mail.{page[3:]}", f"{page}.mail", f"{mailed.rpartition('.')[0]}.{others_seal}", f"{page}{seal}"):
        assert queue.customer().get(path).status_code == 404


def test_the_mailed_link_says_what_is_left_and_a_click_uses_one_for_this_ticket(queue: Queue) -> None:
    ticket, jo = queue.open(), queue.customer()
    page = queue.mailed(ticket)
    html = jo.get(page).text
    assert "You have 2 incidents. Use one for this ticket?" in html
    queue.peers.decides = credit_for_the_proved
    for _ in range(2):  # a double click uses one
        assert use(jo, page).status_code == 303
    standing = queue.ticket(ticket.id)
    assert standing.promise is not None
    assert standing.promise.response_class.id == "premium"
    assert [asked["requester_verified"] for asked in queue.peers.asked] == [False, True]
    assert "One of your incidents is used for this ticket." in jo.get(page).text
    assert "Use one for this ticket?" not in jo.get(page).text


def test_opening_the_mailed_link_uses_nothing_however_often(queue: Queue) -> None:
    ticket = queue.open()
    page, scanner = queue.mailed(ticket), queue.customer()
    before = queue.rows(sa.select(tickets)), queue.rows(sa.select(metadata.tables["audit_entries"]))
    for path in (page, f"{page}/top", f"{page}/conversation", f"{page}/ask", f"{page}/use-incident") * 3:
        scanner.get(path)
        scanner.client.head(path)
    assert scanner.client.post(f"{page}/use-incident").status_code == 400  # no token against forgery: not a person
    assert (queue.rows(sa.select(tickets)), queue.rows(sa.select(metadata.tables["audit_entries"]))) == before
    assert len(queue.peers.asked) == 1


def test_the_choice_stands_where_entitlements_is_away_and_a_job_asks(queue: Queue) -> None:
    ticket, jo = queue.open(), queue.customer()
    queue.peers.decides = credit_for_the_proved
    page, queue.peers.trouble_with[ticket.id] = queue.mailed(ticket), "fails"
    assert use(jo, page).status_code == 303
    queue.peers.trouble_with.clear()
    queue.sweep("sweep_undecided")
    standing = queue.ticket(ticket.id).promise
    assert standing is not None
    assert standing.response_class.id == "premium"


def test_an_incident_in_place_of_the_payment_ends_the_waiting_and_is_called_no_payment(queue: Queue) -> None:
    ticket, jo = queue.open(**BUY), queue.customer()
    queue.peers.decides = credit_for_the_proved
    assert use(jo, queue.mailed(ticket)).status_code == 303
    standing = queue.ticket(ticket.id)
    assert (standing.payment, standing.queued) == (Payment.NONE, True)
    assert "Your payment has arrived" not in jo.get(queue.mailed(ticket)).text


def test_a_stranger_s_page_does_not_tell_that_an_incident_of_the_address_was_used(queue: Queue) -> None:
    stranger, page = typed(queue)
    ticket_id = queue.rows(sa.select(tickets.c.id))[0].id
    queue.decide(ticket_id, premium=True, sequence=2, because="credit_of_account")
    told = "One of your priority incidents is used for this question."
    assert told in queue.customer().get(queue.mailed(queue.ticket(ticket_id))).text
    for path in (page, f"{page}/top"):
        assert told not in stranger.get(path).text


@pytest.mark.parametrize("state", [State.CANCELED, State.CLOSED])
def test_no_incident_is_used_for_what_has_ended(queue: Queue, state: State) -> None:
    ticket, jo = queue.open(), queue.customer()
    page = queue.mailed(ticket)
    form = hidden_fields(jo.get(page).text)
    queue.write("update tickets set state = :state, ended_at = now(), queued = false", state=state.value)
    assert "Use one for this ticket?" not in jo.get(page).text
    answer = jo.client.post(f"{page}/use-incident", data=form)
    assert answer.status_code == 409
    assert "It was answered or ended meanwhile" in answer.text
    assert queue.ticket(ticket.id).requester_verified is False


def test_the_way_back_from_paying_is_the_page_and_proves_nothing(queue: Queue) -> None:
    ticket, jo = queue.open(**BUY), queue.customer()
    page = queue.mailed(ticket)
    assert jo.client.post(f"{page}/pay", data=hidden_fields(jo.get(page).text)).location == CHECKOUT
    back = jo.get(f"/tickets/{ticket.id}/return").location
    assert back == f"{queue.path(ticket)}?from=payment"


def test_a_link_that_was_made_void_is_void_on_the_way_back_from_paying_too(queue: Queue) -> None:
    browser = queue.customer()
    browser.post("/ask", "/ask", **GOOD, name="", choice="buy", product="incident_1", currency="usd")
    ticket_id = queue.peers.orders[0]["ticket_id"]
    assert browser.get(f"/tickets/{ticket_id}/return").status_code == 303
    queue.write("update tickets set link_version = link_version + 1")
    answer = browser.get(f"/tickets/{ticket_id}/return")
    assert answer.status_code == 200
    assert "/t/" not in answer.text
