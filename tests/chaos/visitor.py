"""A browser that expects trouble: asks again when no answer comes, and remembers what it was really told."""

import copy
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

from requests import RequestException, Response

from sandbox.browser import Browser, Form, PageError, posted_forms
from tests.chaos.journal import Journal, Outcome

ANSWERS_WITHIN_S = 8.0
TOO_MANY = 429
_PAUSE_S = 0.7
_HIDDEN = re.compile(r"(tkt|ord|rec|cs_test|ch)_[0-9A-Za-z]+|/t/[\w.\-]+")


class TimeUp(Exception):
    """The run is over: whoever still waits goes home."""


class Visitor(Browser):
    """One person at a browser. All that waits gives up when the run is over."""

    def __init__(self, journal: Journal, over: threading.Event) -> None:
        super().__init__()
        self.journal = journal
        self.over = over

    def rest(self, seconds: float) -> None:
        """Let time pass."""
        if self.over.wait(seconds):
            raise TimeUp

    def look(self, url: str) -> str:
        """Open a page, redirects followed, until it comes; gives where one ended up."""
        while (answer := self._ask("GET", url)) is None or answer.status_code >= 500 or answer.status_code == TOO_MANY:
            self.rest(_PAUSE_S)
        self.response = answer
        return answer.url

    def has_form(self, part_of_action: str) -> bool:
        """Whether the page that is open has such a form."""
        try:
            self.form(part_of_action)
        except PageError:
            return False
        return True

    def forms(self, part_of_action: str) -> list[Form]:
        """All forms of the page that is open with such an address."""
        return [form for form in posted_forms(self.page) if part_of_action in form.action]

    def post(self, part_of_action: str, *, tries: int = 4, at_once: int = 1, **fields: str) -> Outcome:
        """Fill the form whose address contains that and send it until it is answered; the answer stands in `response`.

        `at_once`: so many times in parallel, as impatient people do. Nothing is followed.
        """
        return self.send_form(self.form(part_of_action), tries=tries, at_once=at_once, **fields)

    def send_form(self, form: Form, *, tries: int = 4, at_once: int = 1, **fields: str) -> Outcome:
        """Send a form that was on a page, also on one that is open no longer."""
        url, values = urljoin(self.url, form.action), form.values | fields
        known: list[Response | None] = []
        for _ in range(tries):
            answers = self._send(url, values, at_once)
            known += answers
            answered = [answer for answer in answers if answer is not None and answer.status_code < 500]
            if taken := [answer for answer in answered if answer.status_code < 400]:
                self.response = taken[0]
                return Outcome.TAKEN
            if answered:
                self.response = answered[0]
                break
            if self.over.wait(_PAUSE_S):  # what was sent is told all the same
                break
        all_refused = all(answer is not None and 400 <= answer.status_code < 500 for answer in known)
        return Outcome.REFUSED if all_refused else Outcome.UNKNOWN

    def _send(self, url: str, values: dict[str, str], at_once: int) -> list[Response | None]:
        def send(_: int) -> Response | None:
            return self._ask("POST", url, values)

        if at_once == 1:
            return [send(0)]
        with ThreadPoolExecutor(at_once) as hands:
            return list(hands.map(send, range(at_once)))

    def _ask(self, method: str, url: str, values: dict[str, str] | None = None) -> Response | None:
        address = url if self.response is None else urljoin(self.url, url)
        try:
            answer = self.client.request(
                method, address, data=values, timeout=ANSWERS_WITHIN_S, allow_redirects=method == "GET"
            )
        except RequestException:
            self.journal.count("requests without an answer")
            return None
        too_many = answer.status_code == TOO_MANY
        self.journal.count("answers that say: too many" if too_many else f"answers {answer.status_code // 100}xx")
        if answer.status_code == 500:
            self.journal.wonder(f"500 {method} {_HIDDEN.sub('…', answer.url.partition('?')[0])}")
        return answer

    @property
    def next_place(self) -> str:
        """Where the last answer points."""
        return "" if self.response is None else urljoin(self.url, self.response.headers.get("Location", ""))

    def twin(self) -> "Visitor":
        """Another tab of the same browser, on the same page."""
        other = Visitor(self.journal, self.over)
        other.client.cookies.update(self.client.cookies)
        other.response = copy.copy(self.response)
        return other


def wait_for(look: Callable[[], str | None], visitor: Visitor, *, within_s: float, every_s: float = 2.0) -> str | None:
    """Look again and again; None when it has not come in that time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        visitor.rest(every_s)
    return None
