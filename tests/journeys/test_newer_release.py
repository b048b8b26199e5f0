"""One service is upgraded before the others: it says more than they know, and their work goes on."""

from typing import Any

import pytest

from shared.contracts import EVENTS
from shared.contracts.contract import Contract
from shared.http import ServiceClient
from tests.support.contract_shapes import nested, schemas
from tests.support.customer import Customer, link_in
from tests.support.house import House

MORE = {"said_by_a_newer_release": {"deep": [1, {"deeper": None}]}}
QUESTIONS: dict[tuple[str, str], tuple[str | None, str | None]] = {
    ("POST", "/v1/decisions"): ("DecisionRequestV1", "DecisionV1"),
    ("POST", "/events"): ("EnvelopeV1", None),
    ("POST", "/events/batch"): ("EnvelopesV1", None),
    ("GET", "/v1/response-classes"): (None, "ClassTargetsV1"),
}
"""What is asked and answered under a contract."""


class NewerRelease:
    """Adds a field that nobody knows to each object under a contract, and keeps which contracts and events it met."""

    def __init__(self) -> None:
        self.met: set[str] = set()

    def message(self, contract: str, message: dict[str, Any]) -> dict[str, Any]:
        """The message as a newer release would send it."""
        said = self._object(schemas()[contract], message)
        for event in {"EnvelopeV1": [said], "EnvelopesV1": said.get("events", [])}.get(contract, []):
            self.met.add(event["type"])
            event["body"] = self._object(EVENTS[event["type"]], event["body"])
        return said

    def _object(self, schema: type[Contract], told: dict[str, Any]) -> dict[str, Any]:
        self.met.add(schema.__name__)
        inside = {field: nested(read) for field, read in schema().fields.items() if told.get(field) is not None}
        return told | {field: self._inside(one, told[field]) for field, one in inside.items() if one} | MORE

    def _inside(self, schema: type[Contract], told: Any) -> Any:
        return [self._object(schema, one) for one in told] if isinstance(told, list) else self._object(schema, told)


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> NewerRelease:
    """Whatever services send each other comes from a newer release."""
    release, send = NewerRelease(), ServiceClient._send

    def newer_send(self: ServiceClient, method: str, path: str, deadline_s: float | None, **told: Any) -> Any:
        question, answer = QUESTIONS.get((method, path), (None, None))
        if question:
            told["json"] = release.message(question, told["json"])
        said = send(self, method, path, deadline_s, **told)
        return release.message(answer, said) if answer else said

    monkeypatch.setattr(ServiceClient, "_send", newer_send)
    return release


def test_all_work_is_done_while_a_newer_release_says_more_than_the_others_know(
    premises: House, newer: NewerRelease
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

    late = Customer(premises, "al@acme.test").ask("buy")
    payment_page = late.url
    premises.drain()
    mail = premises.mails_to("al@acme.test")[0]
    late.open(link_in(mail)).send("/standard")
    premises.drain()
    ana.open(premises.queue.url + "/desk").send("/desk/take")
    ana.send("/answer", restated="", text="Turn the new check off.", step="answer")
    premises.drain()
    late.open(payment_page).pay()
    premises.drain()
    assert "You paid after we had answered" in late.open(link_in(mail)).text()

    assert newer.met == schemas().keys() | EVENTS.keys(), "each contract took part, at each level"
    finn = premises.staff("Finn", "finance").open(premises.billing.url + "/finance/journal")
    assert "earned" in finn.page, "the credit was used, and its revenue is earned"
