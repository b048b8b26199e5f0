"""One service is upgraded before the others: it says more than they know, and their work goes on."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts import EVENTS
from shared.http import ServiceClient
from tests.support.contract_shapes import nested, schemas
from tests.support.customer import Customer
from tests.support.house import House

UNKNOWN = "said_by_a_newer_release"
MORE = {UNKNOWN: {"deep": [1, {"deeper": None}]}}


def newer(value: Any) -> Any:
    """The message with an unknown field in each object of it."""
    match value:
        case dict():
            return {name: newer(inside) for name, inside in value.items()} | MORE
        case list():
            return [newer(one) for one in value]
        case _:
            return value


def reached(name: str, message: dict[str, Any]) -> Iterator[str]:
    """The contracts in a message that carried the unknown field: its own, and those nested in it."""
    schema = schemas()[name]
    if UNKNOWN in message:
        yield name
    for field, read in schema().fields.items():
        inside, found = nested(read), message.get(field)
        if inside is not None:
            for one in found if isinstance(found, list) else [found]:
                yield from reached(inside.__name__, one)


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What services send each other comes from a newer release; the contracts and events that it was seen in."""
    seen: set[str] = set()
    post = ServiceClient.post

    def newer_post(
        self: ServiceClient, path: str, json: dict[str, Any], deadline_s: float | None = None
    ) -> dict[str, Any]:
        match path:
            case "/v1/decisions":
                json = newer(json)
                answer: dict[str, Any] = newer(post(self, path, json, deadline_s))
                seen.update(reached("DecisionRequestV1", json))
                seen.update(reached("DecisionV1", answer))
                return answer
            case "/events":
                json = newer(json)
                seen.update(reached("EnvelopeV1", json))
                seen.update(reached(EVENTS[json["type"]].__name__, json["body"]))
                seen.add(json["type"])
        return post(self, path, json, deadline_s)

    monkeypatch.setattr(ServiceClient, "post", newer_post)
    return seen


def test_all_work_is_done_while_a_newer_release_says_more_than_the_others_know(
    premises: House, carried: set[str]
) -> None:
    jo = Customer(premises).buy()
    premises.drain()
    jo.open(jo.url)
    assert "premium" in jo.text().lower()

    ana = premises.staff("Ana", "senior", "agent").open(premises.queue.url + "/desk").send("/desk/take")
    ana.send("/answer", restated="Cards are refused.", text="I have mended it.", step="resolve")
    premises.drain()
    jo.open(jo.url)
    assert "I have mended it" in jo.page
    jo.send("/solved")
    premises.drain()

    assert carried == schemas().keys() | EVENTS.keys(), "each contract took part, at each level"
    finn = premises.staff("Finn", "finance").open(premises.billing.url + "/finance/journal")
    assert "Release" in finn.page, "the credit was used, and its revenue is earned"
