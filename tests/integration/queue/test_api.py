"""The HTTP API of the queue, and who may use which part of it."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.conversation.tables import messages
from services.queue.tickets.tables import tickets
from shared.identity import ServiceIdentity
from shared.ids import new_id
from tests.support.queue import Queue, decision, queue_service
from tests.support.settings import API_KEY, keys

NEW = {"email": "jo@example.com", "subject": "Payments fail", "text": "All cards are refused."}


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def as_service(name: str) -> dict[str, str]:
    token = ServiceIdentity(name, keys()[name][0]).token("queue")
    return {"Authorization": f"Bearer {token}"}


def as_integrator(key: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {API_KEY}", **({"Idempotency-Key": key} if key else {})}


def test_a_ticket_is_opened_and_read_again(queue: Queue) -> None:
    client = queue.app.test_client()
    made = client.post("/v1/tickets", json=NEW, headers=as_integrator("a"))
    assert made.status_code == 201, made.text
    assert made.json["response_class"] == "standard"
    read = client.get(made.headers["Location"], headers=as_integrator())
    assert read.json == made.json
    assert "link" not in made.text


def test_the_same_key_gives_the_same_answer_and_one_ticket(queue: Queue) -> None:
    client = queue.app.test_client()
    first, second = (client.post("/v1/tickets", json=NEW, headers=as_integrator("a")) for _ in range(2))
    assert first.json["ticket_id"] == second.json["ticket_id"]
    other = client.post("/v1/tickets", json=NEW | {"text": "else"}, headers=as_integrator("a"))
    assert other.status_code == 422
    queue.write("delete from idempotency_keys")  # as if we had crashed between the ticket and the stored answer
    third = client.post("/v1/tickets", json=NEW, headers=as_integrator("a"))
    assert third.json["ticket_id"] == first.json["ticket_id"]
    assert len(queue.rows(sa.select(tickets))) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 1}, "amount"),
        ({"email": "jo@"}, "email"),
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"subject": "x" * 201}, "subject"),
    ],
)
def test_what_is_wrong_is_a_422_that_names_the_field(queue: Queue, change: dict[str, Any], field: str) -> None:
    answer = queue.app.test_client().post("/v1/tickets", json=NEW | change, headers=as_integrator("a"))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert field in [error["field"] for error in answer.json["errors"]]
    assert queue.rows(sa.select(tickets)) == []


def test_entitlements_in_trouble_the_api_still_says_201(queue: Queue) -> None:
    queue.peers.entitlements = "hangs"
    answer = queue.app.test_client().post("/v1/tickets", json=NEW, headers=as_integrator("a"))
    assert answer.status_code == 201
    assert answer.json["response_class"] is None
    pending = queue.app.test_client().get("/readyz").json["pending"]
    assert pending["undecided_tickets"] == 1


def test_the_list_is_walked_by_cursor(queue: Queue) -> None:
    made = [queue.open().id for _ in range(5)]
    client, cursor, seen = queue.app.test_client(), None, []
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/tickets", query_string=query, headers=as_integrator()).json
        seen += [item["ticket_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    canceled = client.get("/v1/tickets?state=canceled", headers=as_integrator()).json
    assert canceled == {"items": [], "next_cursor": None}
    assert client.get("/v1/tickets?cursor=zzz", headers=as_integrator()).status_code == 422


def test_a_message_is_added_once(queue: Queue) -> None:
    ticket = queue.open()
    client = queue.app.test_client()
    path = f"/v1/tickets/{ticket.id}/messages"
    made = [client.post(path, json={"text": "More"}, headers=as_integrator("m")) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert len(queue.rows(sa.select(messages).where(messages.c.body == "More"))) == 1
    nowhere = client.post("/v1/tickets/tkt_none/messages", json={"text": "More"}, headers=as_integrator("n"))
    assert nowhere.status_code == 404


def test_each_caller_has_its_own_list_of_routes(queue: Queue) -> None:
    ticket = queue.open()
    client = queue.app.test_client()
    path = f"/v1/tickets/{ticket.id}"
    event = {
        "id": new_id("evt"),
        "type": "entitlements.decision.made.v1",
        "occurred_at": ticket.opened_at.isoformat(),
        "request_id": "req_1",
        "body": decision(ticket.id, premium=True, sequence=2),
    }
    assert client.get(path, headers=as_service("billing")).status_code == 200
    assert client.get(path, headers=as_service("entitlements")).status_code == 403
    assert client.get(path).status_code in (302, 401)
    assert client.get("/v1/tickets", headers=as_service("billing")).status_code == 403
    assert client.post("/v1/tickets", json=NEW, headers=as_service("billing")).status_code == 403
    assert client.post("/events", json=event, headers=as_service("billing")).status_code == 403
    assert client.post("/events", json=event, headers=as_integrator()).status_code == 403
    assert client.post("/events", json=event, headers=as_service("entitlements")).json == {"done_now": True}
    assert client.post("/events", json=event, headers=as_service("entitlements")).json == {"done_now": False}
    assert client.get(path, headers=as_service("billing")).json["response_class"] == "premium"


def test_the_reference_names_every_route_of_the_api(queue: Queue) -> None:
    spec = queue.app.test_client().get("/openapi.json").json
    assert set(spec["paths"]) == {
        "/v1/tickets",
        "/v1/tickets/{ticket_id}",
        "/v1/tickets/{ticket_id}/messages",
        "/events",
        "/events/batch",
        "/version",
    }
