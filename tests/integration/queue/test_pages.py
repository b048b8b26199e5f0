"""What a customer sees: the form, the page behind the link, and what can be done there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.conversation.answer import Answer, Lease, answer_ticket
from services.queue.conversation.tables import messages
from services.queue.ordering.take_next import take_next
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Choice, Payment, State, Step, Ticket
from shared.ids import new_token
from tests.support.queue import CHECKOUT, Browser, Queue, hidden_fields, queue_service

GOOD = {"subject": "Payments fail", "text": "All cards are refused.", "tried": "", "email": "jo@example.com"}


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def ask(browser: Browser, page: str = "/ask", **more: str) -> Any:
    return browser.post(page, page.partition("?")[0], **GOOD | {"name": "", "choice": "standard"} | more)


def test_the_form_shows_each_choice_with_its_price_and_due_time_and_what_the_button_does(queue: Queue) -> None:
    html = queue.customer().get("/ask?product=incident_1&currency=eur").text
    assert "€45.00" in html
    assert "Continue to payment, €45.00" in html
    assert "If you pay now, a senior agent answers within 2 hours (around the clock)." in html
    assert "If you send it now, a person answers within 24 hours (Monday to Friday)." in html
    assert "free" in html
    assert "Use one of your" not in html


def test_billing_is_away_only_the_standard_answer_is_offered_with_a_plain_word(queue: Queue) -> None:
    queue.peers.billing = "fails"
    html = queue.customer().get("/ask").text
    assert "You cannot buy a faster answer just now" in html
    assert 'value="buy"' not in html
    assert ask(queue.customer()).status_code == 303


def test_a_sent_form_leads_to_the_ticket_which_says_by_when(queue: Queue) -> None:
    browser = queue.customer()
    answer = ask(browser, zone="Europe/Berlin")
    assert answer.status_code == 303
    html = browser.get(answer.location).text
    assert re.search(r"A person answers by \w+ [\w: ]*\d\d:\d\d CET", html)
    assert "Why this time?" in html
    assert "All cards are refused." in html


def test_what_is_wrong_is_named_with_its_cure_and_nothing_written_is_lost(queue: Queue) -> None:
    answer = ask(queue.customer(), email="jo@", subject="", text="The long story.")
    assert answer.status_code == 422
    assert "We cannot write to this address" in answer.text
    assert 'href="#field-email"' in answer.text
    assert 'href="#field-subject"' in answer.text
    assert "The long story." in answer.text
    assert 'value="jo@"' in answer.text
    assert queue.rows(sa.select(tickets)) == []


def test_an_unknown_product_or_currency_is_refused_with_the_valid_ones(queue: Queue) -> None:
    for field in ("product", "currency"):
        answer = ask(queue.customer(), choice="buy", **{field: "gold"})
        assert answer.status_code == 422
        assert {"product": "incident_1", "currency": "eur, usd"}[field] in answer.text
    assert queue.peers.orders == []


def test_an_amount_that_is_sent_along_changes_nothing(queue: Queue) -> None:
    answer = ask(queue.customer(), choice="buy", amount="1", amount_minor="1", price="1")
    assert answer.location == CHECKOUT
    assert set(queue.peers.orders[0]) == {"ticket_id", "contact_email", "product", "currency"}


def test_a_body_over_the_limit_is_refused(queue: Queue) -> None:
    answer = ask(queue.customer(), text="x" * 1_100_000)
    assert answer.status_code == 413
    assert queue.rows(sa.select(tickets)) == []


def test_a_form_without_its_token_against_forgery_is_refused(queue: Queue) -> None:
    assert queue.customer().client.post("/ask", data=GOOD | {"choice": "standard"}).status_code == 400
    assert queue.rows(sa.select(tickets)) == []


def test_a_form_sent_twice_leads_to_the_same_place_twice(queue: Queue) -> None:
    for choice in ("standard", "buy"):
        browser = queue.customer()
        form = hidden_fields(browser.get("/ask").text) | GOOD | {"choice": choice}
        first, second = (browser.client.post("/ask", data=form) for _ in range(2))
        assert first.status_code == second.status_code == 303
        assert first.location == second.location
    assert len(queue.rows(sa.select(tickets))) == 2
    assert len({order["ticket_id"] for order in queue.peers.orders}) == 1


def test_billing_away_after_the_form_the_page_says_so_and_payment_can_be_tried_again(queue: Queue) -> None:
    browser = queue.customer()
    form = hidden_fields(browser.get("/ask").text) | GOOD | {"choice": "buy"}
    queue.peers.billing = "fails"
    answer = browser.client.post("/ask", data=form)
    assert answer.status_code == 303
    html = browser.get(answer.location).text
    assert "We have your message, but the payment page does not answer just now." in html

    again = browser.post(answer.location, f"{answer.location}/pay")
    assert again.location == answer.location
    queue.peers.billing = "ok"
    assert browser.post(answer.location, f"{answer.location}/pay").location == CHECKOUT


def test_who_comes_back_from_paying_sees_the_ticket_and_then_the_promise(queue: Queue) -> None:
    browser = queue.customer()
    ask(browser, choice="buy")
    ticket_id = queue.peers.orders[0]["ticket_id"]
    back = browser.get(f"/tickets/{ticket_id}/return")
    assert back.status_code == 303
    assert "We are confirming your payment." in browser.get(back.location).text
    queue.decide(ticket_id, premium=True, sequence=2)
    top = browser.get(back.location.replace("?", "/top?")).text
    assert "Thank you, your payment has arrived." in top
    assert "A person answers by" in top
    assert "confirming" not in top
    assert len(re.findall(r"\d\d:\d\d [A-Z]+", top.partition("<details")[0])) == 1, "the due time stands there once"
    bought = browser.get(back.location.partition("?")[0]).text
    for fact in ("5 incidents", "$225.00", "ord_1", "4 more incidents wait for you", "Premium, within 2 hours"):
        assert fact.lower() in bought.lower()
    receipt = browser.get(f"{back.location.partition('?')[0]}/receipt")
    assert receipt.location == "https://pay.stripe.com/receipts/ord_1"


def test_a_purchase_that_billing_does_not_tell_of_leaves_its_receipt_out(queue: Queue) -> None:
    browser = queue.customer()
    ask(browser, choice="buy")
    ticket_id = queue.peers.orders[0]["ticket_id"]
    queue.decide(ticket_id, premium=True, sequence=2)
    queue.peers.billing = "fails"
    page = browser.get(f"/tickets/{ticket_id}/return").location
    html = browser.get(page).text
    assert "Thank you, your payment has arrived." in html
    assert "What you bought" not in html


def test_who_is_late_with_a_ticket_is_not_said_to_wait_for_somebody_to_take_it(queue: Queue) -> None:
    ticket, page = queue.open(), ""
    page = queue.path(ticket)
    queue.write("update tickets set respond_by = now() - interval '1 minute' where id = :i", i=ticket.id)
    assert "among the next that a person takes" in queue.customer().get(page).text
    take_next(queue.context, queue.agent(), new_token())
    html = queue.customer().get(page).text
    assert "Ana Silva, senior agent, has it" in html
    assert "We are late, and we are sorry." in html
    assert "among the next that a person takes" not in html


def test_nobody_reads_that_no_incident_is_left_beside_one_that_was_just_bought(queue: Queue) -> None:
    ticket = queue.open()
    assert "no incidents left" not in queue.customer().get(queue.mailed(ticket)).text


def test_what_people_write_has_its_own_direction_and_a_long_conversation_a_way_to_its_end(queue: Queue) -> None:
    ticket = queue.open(subject="שלום", text="مرحبا jo@acme.example", tried="no")
    page = queue.path(ticket)
    html = queue.customer().get(page).text
    assert '<h2 id="conversation-head" dir="auto">שלום</h2>' in html
    assert html.count('class="message-text" dir="auto"') == 2
    assert "jo<wbr>@acme<wbr>.example</a>" in html
    assert "Go to the newest message" not in html
    browser = queue.customer()
    for number in range(6):
        browser.post(page, f"{page}/reply", text=f"More {number}")
    assert '<a href="#newest">Go to the newest message</a>' in browser.get(page).text


def test_another_browser_that_knows_the_ticket_id_gets_no_link(queue: Queue) -> None:
    ticket = queue.open(choice=Choice.BUY, product="incident_1", currency="usd")
    for page in ("return", "canceled"):
        answer = queue.customer().get(f"/tickets/{ticket.id}/{page}")
        assert answer.status_code == 200
        assert queue.path(ticket) not in answer.text
        assert answer.text.replace(ticket.id, "") == queue.customer().get(f"/tickets/tkt_none/{page}").text


def test_who_did_not_pay_chooses_again(queue: Queue) -> None:
    browser = queue.customer()
    ask(browser, choice="buy")
    ticket_id = queue.peers.orders[0]["ticket_id"]
    page = browser.get(f"/tickets/{ticket_id}/canceled").location.partition("?")[0]
    assert queue.ticket(ticket_id).payment is Payment.PENDING
    assert "Your payment has not arrived yet." in browser.get(page).text
    assert browser.post(page, f"{page}/standard").status_code == 303
    assert queue.ticket(ticket_id).payment is Payment.NOT_COMPLETED
    assert "Get the faster answer" in browser.get(page).text


def test_wrong_old_and_foreign_links_are_all_the_same_404(queue: Queue) -> None:
    mine, other = queue.open(), queue.open()
    old = queue.path(mine)
    public, _, _ = old.partition(".")
    foreign = f"{public}.{queue.path(other).partition('.')[2]}"
    queue.write("update tickets set link_version = 2 where id = :i", i=mine.id)
    assert queue.customer().get(queue.path(queue.ticket(mine.id))).status_code == 200

    dead = [old, foreign, "/t/nonsense", "/t/%00.x", "/t/..", f"{public}.", "/t/" + "a" * 500, "/t/ä.ß"]
    # From a network of its own each: who tries so many is refused otherwise (test_limits.py).
    at = [{"REMOTE_ADDR": f"192.0.2.{number}"} for number in range(len(dead))]
    for ending in ("", "/top", "/conversation", "/ask"):
        answers = [queue.customer().get(link + ending, environ_base=here) for link, here in zip(dead, at, strict=True)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({without_ids(answer.text) for answer in answers}) == 1
    for ending in ("/reply", "/solved", "/not-solved", "/cancel", "/pay", "/standard", "/ask"):
        browser = queue.customer()
        token = hidden_fields(browser.get("/ask").text)["csrf_token"]
        form = {"csrf_token": token, "text": "x"}
        answers = [
            browser.client.post(link + ending, data=form, environ_base=here)
            for link, here in zip(dead, at, strict=True)
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({without_ids(answer.text) for answer in answers}) == 1
    assert len(queue.rows(sa.select(messages))) == 2


def without_ids(html: str) -> str:
    """The page without the number of its own request, which differs each time."""
    return re.sub(r"req_\w+|…\w{6}|data-now=\S+", "", html)


def test_a_link_leaves_no_trace_in_referrers_caches_or_logs(queue: Queue, capfd: pytest.CaptureFixture[str]) -> None:
    ticket = queue.open()
    browser = queue.customer()
    path = queue.path(ticket)
    answer = browser.get(path)
    browser.post(path, f"{path}/reply", text="More.")
    browser.get(f"{path}x")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.text
    seal = path.partition(".")[2]
    printed = capfd.readouterr()
    assert "/t/<token>" in printed.out
    assert seal not in printed.out + printed.err


def test_what_a_stranger_writes_runs_nowhere(queue: Queue) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    ticket = queue.open(subject=evil, text=evil, tried=evil, name=evil)
    ana = queue.agent()
    take_next(queue.context, ana, new_token())
    pages = [queue.customer().get(queue.path(ticket)).text, queue.desk().get(f"/desk/tickets/{ticket.id}").text]
    for html in pages:
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html


def solved_once(queue: Queue) -> Ticket:
    ticket, ana = queue.open(), queue.agent()
    taken = take_next(queue.context, ana, new_token())
    assert taken is not None
    lease = Lease(agent_id=ana.id, token=taken.lease_token)
    answer = Answer(step=Step.RESOLVE, text="Fixed.", restated="Cards fail.", lease=lease, form_token=new_token())
    answer_ticket(queue.context, ana, ticket.id, answer)
    return ticket


def test_the_customer_reads_the_answer_without_a_login_and_says_solved(queue: Queue) -> None:
    ticket = solved_once(queue)
    browser, page = queue.customer(), queue.path(ticket)
    html = browser.get(page).text
    assert "Ana Silva thinks your problem is solved. Is it?" in html
    assert "Fixed." in html
    assert "Cards fail." in html
    assert browser.post(page, f"{page}/solved").status_code == 303
    assert queue.ticket(ticket.id).state is State.CLOSED
    assert "Solved. Thank you for telling us." in browser.get(page).text


def test_the_customer_says_not_solved_and_it_comes_back(queue: Queue) -> None:
    ticket = solved_once(queue)
    browser, page = queue.customer(), queue.path(ticket)
    assert browser.post(page, f"{page}/not-solved").status_code == 303
    assert queue.ticket(ticket.id).state is State.OPEN
    assert "Ana Silva has your message and is working on it." in browser.get(page).text
    assert f"#{ticket.number}" in queue.desk().get("/desk").text.partition("Came back")[2]


def test_confirming_what_is_open_again_is_refused_with_the_page_as_it_is_now(queue: Queue) -> None:
    ticket = solved_once(queue)
    browser, page = queue.customer(), queue.path(ticket)
    form = hidden_fields(browser.get(page).text)
    browser.post(page, f"{page}/not-solved")
    answer = browser.client.post(f"{page}/solved", data=form)
    assert answer.status_code == 409
    assert "We are working on it again" in answer.text


def test_a_reply_to_a_canceled_ticket_is_refused_with_the_text_kept(queue: Queue) -> None:
    ticket = queue.open()
    browser, page = queue.customer(), queue.path(ticket)
    form = hidden_fields(browser.get(page).text)
    assert browser.post(page, f"{page}/cancel").status_code == 303
    answer = browser.client.post(f"{page}/reply", data=form | {"text": "One more thing"})
    assert answer.status_code == 409
    assert "One more thing" in answer.text


def test_notes_of_agents_never_reach_the_customer(queue: Queue) -> None:
    ticket = queue.open()
    desk, case = queue.desk(), f"/desk/tickets/{ticket.id}"
    assert desk.post(case, f"{case}/note", note="Between us: a known bug.").status_code == 303
    assert "a known bug" in desk.get(case).text
    page = queue.path(ticket)
    for path in (page, f"{page}/conversation"):
        assert "a known bug" not in queue.customer().get(path).text


def test_from_a_mailed_link_one_asks_again_without_typing_the_address_and_may_use_an_incident(queue: Queue) -> None:
    ticket = queue.open()
    queue.peers.available = 2
    browser, page = queue.customer(), queue.mailed(ticket)
    assert "2 incidents left" in browser.get(page).text
    html = browser.get(f"{page}/ask").text
    assert "Use one of your 2 incidents" in html
    assert 'name="email"' not in html
    answer = browser.post(f"{page}/ask", f"{page}/ask", subject="Again", text="More", tried="", choice="credit")
    assert answer.status_code == 303
    assert queue.peers.asked[-1]["requester_verified"] is True
    assert queue.peers.asked[-1]["requester_email"] == "jo@acme.example.com"


def test_nobody_uses_an_incident_of_an_address_that_they_only_typed(queue: Queue) -> None:
    queue.peers.available = 2
    assert ask(queue.customer(), choice="credit").status_code == 422
