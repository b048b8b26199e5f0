"""A shop that also sells "within 30 minutes": a row of its policy, and every page, mail and report knows it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.queue.agents.agent import Tier
from services.queue.ordering.take_next import take_next
from services.queue.tickets.ticket import Choice, Payment
from shared.ids import new_token
from tests.support.queue import ALWAYS, OFFERS, WITHIN_30, Queue, queue_service, target
from tests.support.settings import API_KEY

FAST = OFFERS["items"][0] | {
    "product": "fast_1",
    "name": "One incident, at once",
    "response_class": {"id": WITHIN_30["id"]},
}


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        service.peers.classes = [target(WITHIN_30, 30, ALWAYS), *service.peers.classes]
        service.peers.offers = {"items": [*OFFERS["items"], FAST]}
        yield service


def bought(queue: Queue, **more: Any) -> Any:
    ticket = queue.open(choice=Choice.BUY, product="fast_1", currency="usd", **more)
    queue.decide(
        ticket.id,
        sequence=2,
        minutes=30,
        response_class=WITHIN_30,
        source={"kind": "credit", "id": "grt_1"},
    )
    return queue.ticket(ticket.id)


def test_the_ask_page_offers_it_with_its_own_time_and_words(queue: Queue) -> None:
    html = queue.customer().get("/ask?product=fast_1&currency=usd").text
    assert "One incident, at once" in html
    assert "If you pay now, a senior agent answers within 30 minutes (around the clock)." in html
    assert WITHIN_30["sentences"]["en"] in html


def test_paid_it_ends_the_waiting_and_seniors_take_it_before_premium(queue: Queue) -> None:
    premium, fast = queue.open_premium(), bought(queue)
    assert fast.payment is Payment.PAID
    assert take_next(queue.context, queue.agent("Ben", Tier.REGULAR), new_token()) is None
    first, second = (take_next(queue.context, queue.agent("Ana"), new_token()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.id, second.id) == (fast.id, premium.id)


def test_the_desk_counts_it_in_the_policys_words_and_by_its_id_when_nobody_has_words(queue: Queue) -> None:
    bought(queue)
    queue.open()
    line = re.compile(r"take-next-counts.*?waiting", re.DOTALL)

    def counts(desk: Queue) -> str:
        found = line.search(desk.desk().get("/desk").text)
        assert found
        return " ".join(found[0].partition(">")[2].split())

    assert counts(queue) == "1 within 30 minutes · 0 premium · 1 standard waiting"
    queue.context.entitlements._classes = ()
    queue.context.entitlements._ask_again_at = float("inf")
    assert counts(queue) == "1 within-30-minutes · 1 standard waiting"


def test_the_desk_shows_and_the_customers_page_says_it(queue: Queue) -> None:
    ticket = bought(queue)
    for page in (
        queue.desk().get(f"/desk/tickets/{ticket.id}").text,
        queue.customer().get(queue.path(ticket)).text,
    ):
        assert '<span class="mark mark-senior">within 30 minutes</span>' in page
    api = queue.app.test_client().get(f"/v1/tickets/{ticket.id}", headers={"Authorization": f"Bearer {API_KEY}"})
    assert api.json["response_class"] == "within-30-minutes"
    assert api.json["target_minutes"] == 30


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_mail_says_what_it_means_in_the_customers_language(queue: Queue, language: str) -> None:
    bought(queue, language=language)
    queue.sweep("sweep_mails")
    [_acknowledgement, mail] = queue.mail.taken
    assert WITHIN_30["sentences"][language] in mail.text
    assert WITHIN_30["sentences"][language] in mail.html
    assert f'<html lang="{language}"' in mail.html
    assert mail.text.startswith("Thank you, your payment" if language == "en" else "Danke, Ihre Zahlung")


def test_a_purchase_of_it_raises_what_premium_had_promised_and_premium_never_lowers_it(queue: Queue) -> None:
    ticket = queue.open_premium()
    queue.decide(ticket.id, sequence=2, minutes=30, response_class=WITHIN_30)
    queue.decide(ticket.id, sequence=3, premium=True, minutes=20)
    promise = queue.ticket(ticket.id).promise
    assert promise is not None
    assert promise.response_class.id == "within-30-minutes"
    assert promise.target_minutes == 30


def test_the_report_has_a_row_for_it(queue: Queue) -> None:
    ticket = bought(queue)
    queue.write(
        "update tickets set respond_by = now() - :ago, first_responded_at = now() - :before where id = :i",
        i=ticket.id,
        ago=timedelta(hours=1),
        before=timedelta(hours=2),
    )
    page = queue.desk("Sofia", "supervisor").get("/reports/promises").text
    assert re.search(r"<td>within 30 minutes</td>\s*<td class=\"num\">1</td>\s*<td class=\"num\">1</td>", page)
