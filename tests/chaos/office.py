"""Finance, who reconciles again and again, and an integrator, who repeats each request under its key."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from requests import RequestException, Response

from tests.chaos.journal import Form, Journal, Outcome, Sight, Words
from tests.chaos.plan import ApiCall
from tests.chaos.premises import Premises
from tests.chaos.visitor import Visitor
from tests.support import web

_LOOKS_EVERY_S = 5.0
_SEEN = 100
_WITHIN_S = 10.0


class Api:
    """The services as programs call them."""

    def __init__(self, premises: Premises, journal: Journal) -> None:
        self._premises, self._journal = premises, journal
        self._headers = {"Authorization": f"Bearer {premises.told['secrets']['api_key']}"}

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What stands there; None without an answer."""
        answer = self._ask("GET", service, path, params=query)
        return None if answer is None or answer.status_code != 200 else answer.json()

    def post(self, service: str, path: str, key: str, body: dict[str, Any]) -> Response | None:
        """The answer to a request under a key; None without one."""
        return self._ask("POST", service, path, json=body, headers={"Idempotency-Key": key})

    def _ask(self, method: str, service: str, path: str, **given: Any) -> Response | None:
        try:
            with web.Visitor() as program:
                program.headers.update(self._headers)
                answer = program.request(method, f"{self._premises.url(service)}{path}", timeout=_WITHIN_S, **given)
        except RequestException:
            self._journal.count("requests without an answer")
            return None
        self._journal.count(f"answers {answer.status_code // 100}xx")
        if answer.status_code == 500:
            self._journal.wonder(f"500 {method} {service} {path.partition('/tkt_')[0]}")
        return answer


def integrate(call: ApiCall, api: Api, journal: Journal, over: threading.Event) -> None:
    """Open a ticket under one key, again and again; the same key with another body is refused."""
    mark = f"[{call.name}-1]"
    body = {"email": f"{call.name}@chaos.example", "subject": f"By API {mark}", "text": f"It fails. {mark}"}
    answers = _repeat(api, call, "/v1/tickets", f"open-{call.name}", body, over)
    ids = frozenset(
        answer.json()["ticket_id"] for answer in answers if answer is not None and answer.status_code == 201
    )
    outcome = _outcome(answers)
    journal.note(Form(mark=mark, outcome=outcome, ticket_ids=ids))
    journal.count(f"integrator's tickets: {outcome}")
    if not ids or not call.writes:
        return
    mark = f"[{call.name}-2]"
    path = f"/v1/tickets/{min(ids)}/messages"
    outcome = _outcome(_repeat(api, call, path, f"write-{call.name}", {"text": f"And this. {mark}"}, over))
    journal.note(Words(mark=mark, by="customer", outcome=outcome, ticket_id=min(ids)))
    journal.count(f"integrator's messages: {outcome}")


def _repeat(
    api: Api, call: ApiCall, path: str, key: str, body: dict[str, Any], over: threading.Event
) -> list[Response | None]:
    def once(_: int) -> Response | None:
        return api.post("queue", path, key, body)

    if call.at_once:
        with ThreadPoolExecutor(call.repeats) as hands:
            answers = list(hands.map(once, range(call.repeats)))
    else:
        answers = [once(number) for number in range(call.repeats)]
    while not any(answer is not None and answer.status_code < 500 and answer.status_code != 409 for answer in answers):
        if over.wait(1.0):
            break
        answers.append(once(0))
    return answers


def _outcome(answers: list[Response | None]) -> Outcome:
    if any(answer is not None and answer.ok for answer in answers):
        return Outcome.TAKEN
    if all(answer is not None and 400 <= answer.status_code < 500 and answer.status_code != 409 for answer in answers):
        return Outcome.REFUSED
    return Outcome.UNKNOWN


def watch_promises(api: Api, journal: Journal, over: threading.Event) -> None:
    """Look at the promises of all tickets, as an integrator would, and remember what was shown."""
    while not over.wait(_LOOKS_EVERY_S):
        page = api.get("queue", "/v1/tickets", limit=_SEEN)
        for ticket in page["items"] if page else []:
            if ticket["response_class"] is not None:
                journal.note(
                    Sight(
                        ticket_id=ticket["ticket_id"],
                        response_class=ticket["response_class"],
                        respond_by=ticket["respond_by"],
                    )
                )
        journal.count("looks at all promises")


def reconcile(premises: Premises, journal: Journal, over: threading.Event) -> None:
    """Finn reconciles the day so far, in the middle of it all."""
    finn = Visitor(journal, over)
    finance = f"{premises.url('billing')}/finance"
    while True:
        finn.look(finance)
        if finn.has_form("/authorize"):
            finn.post("/authorize", sub="finn")
            finn.look(finn.next_place)
        if finn.has_form("/finance/reconciliations"):
            today = f"{datetime.now(UTC):%Y-%m-%d}"
            journal.count(f"reconciliations: {finn.post('/finance/reconciliations', date=today)}")
        finn.rest(9.0)
