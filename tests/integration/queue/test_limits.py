"""Limits at the doors of customers: forms of one network and guessed links; no words are lost, no good link refused."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.tickets.tables import tickets
from shared.ids import new_id
from tests.support.queue import Queue, hidden_fields, queue_service
from tests.support.settings import API_KEY

FORM = {"subject": "Payments fail", "text": "The long story.", "tried": "all of it", "email": "jo@example.com"}


@pytest.fixture
def queue(databases: Any, valkey_server: str) -> Iterator[Queue]:
    with queue_service(databases, redis_url=valkey_server, FORMS_PER_NETWORK="5", TRUSTED_PROXIES="1") as service:
        yield service


def network() -> dict[str, str]:
    """An address that no other test has: Valkey remembers."""
    number = int.from_bytes(new_id("net").encode()[-4:], "big")
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def send(queue: Queue, headers: dict[str, str], page: str = "/ask", **more: str) -> Any:
    browser = queue.customer()
    hidden = hidden_fields(browser.get(page).text)
    return browser.client.post(page, data=hidden | FORM | {"choice": "standard", **more}, headers=headers)


def test_who_sends_many_forms_is_asked_to_wait_with_every_word_kept(queue: Queue) -> None:
    here = network()
    answers = [send(queue, here, subject=f"Problem {number}") for number in range(8)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 3
    refused = answers[-1]
    assert 1 <= int(refused.headers["Retry-After"]) <= 1200
    assert "Yours is still here: send it again in" in refused.text
    for kept in ("Problem 7", "The long story.", "all of it", 'value="jo@example.com"'):
        assert kept in refused.text
    assert len(queue.rows(sa.select(tickets))) == 5
    assert send(queue, network()).status_code == 303


def test_a_form_with_a_mistake_is_not_counted(queue: Queue) -> None:
    here = network()
    assert {send(queue, here, email="jo@").status_code for _ in range(8)} == {422}
    assert send(queue, here).status_code == 303


def test_who_has_proved_the_address_is_not_held_up_by_strangers_of_the_same_network(queue: Queue) -> None:
    here, ticket = network(), queue.open()
    for _ in range(6):
        send(queue, here)
    assert send(queue, here, f"{queue.path(ticket)}/ask").status_code == 429
    assert send(queue, here, f"{queue.mailed(ticket)}/ask").status_code == 303


def test_a_hundred_guessed_links_are_answered_429_and_a_good_one_opens_its_ticket(queue: Queue) -> None:
    here, ticket, client = network(), queue.open(), queue.customer()
    page = queue.mailed(ticket)
    ways = ("", "/ask", "/top", "/conversation")
    guesses = [f"{page.partition('.')[0]}.{number:032d}{ways[number % 4]}" for number in range(100)]
    answers = [client.get(guess, headers=here).status_code for guess in guesses]
    assert answers == [404] * 30 + [429] * 70
    assert client.get(page, headers=here).status_code == 200
    assert client.get(guesses[0], headers=network()).status_code == 404


def test_an_integrator_that_runs_wild_is_told_to_wait(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    client = queue.app.test_client()
    body = {"email": "jo@example.com", "subject": "It fails", "text": "It fails."}

    def post(number: int) -> int:
        headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": f"key-{number}"}
        return client.post("/v1/tickets", json=body, headers=headers).status_code

    limits = queue.app.extensions["limits"]
    real = limits.take
    monkeypatch.setattr(limits, "take", lambda limit, who: 7 if who == "integrator:shop" else real(limit, who))
    assert post(1) == 429
    monkeypatch.setattr(limits, "take", real)
    assert post(1) == 201
