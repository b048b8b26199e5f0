"""The demo day itself: customers ask and pay, Ana and Ben answer, customers confirm; all through pages and forms."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import TypeVar

import requests

from sandbox.browser import Browser
from sandbox.demo.cast import ANSWERED, PAID, UNKNOWN_CHARGE, WAITING, Case

CARD = "4242 4242 4242 4242"
PATIENCE_S = 20.0
"""How long one step may take to arrive somewhere else: money, a decision, a mail."""
_PAUSE_S = 0.1
_Found = TypeVar("_Found")
_HEADING = re.compile(r"<h1>#\d+ <bdi>(.*?)</bdi></h1>")
_TICKET_LINK = re.compile(r"https?://\S+/t/[\w.\-]+")


class StoryError(RuntimeError):
    """The day did not go as told."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the product stands."""

    queue: str
    stripe: str
    mail: str


def tell(at: Addresses) -> None:
    """Live through the day once. No paid ticket stays open: the first one that Ana takes is the reader's."""
    customers = [_ask(at, case, paid=True) for case in PAID]
    ana = sign_in(at, "ana")
    for _ in PAID:
        _answer_next(at, ana, PAID, step="resolve")
    for customer, case in zip(customers, PAID, strict=True):
        customer.open(_link_of(at, case, mails=3)).send("/solved")
    _ask(at, ANSWERED, paid=False)
    _answer_next(at, sign_in(at, "ben"), (ANSWERED,), step="answer")
    _ask(at, WAITING, paid=False)
    requests.post(f"{at.stripe}/_sandbox/charges", json=UNKNOWN_CHARGE, timeout=PATIENCE_S).raise_for_status()


def sign_in(at: Addresses, sub: str) -> Browser:
    """A browser at the desk, signed in as that demo person."""
    return Browser().open(f"{at.queue}/desk").send("/authorize", sub=sub)


def _ask(at: Addresses, case: Case, *, paid: bool) -> Browser:
    browser = Browser(zone=case.zone).open(f"{at.queue}/ask?product=incident_1&currency=usd")
    browser.send(
        "/ask",
        subject=case.subject,
        text=case.text,
        tried=case.tried,
        email=case.email,
        name=case.name,
        zone=case.zone,
        choice="buy" if paid else "standard",
    )
    if paid:
        browser.send("", card_number=CARD, card_expiry="12 / 34", card_cvc="123", name=case.name, country="DE")
    if "/t/" not in browser.url:
        raise StoryError(f"{case.name} did not reach the ticket's page but {browser.url}.")
    return browser


def _answer_next(at: Addresses, agent: Browser, cases: tuple[Case, ...], step: str) -> None:
    def take() -> Case | None:
        agent.open(f"{at.queue}/desk").send("/desk/take")
        if "/desk/tickets/" not in agent.url:
            return None
        # The heading names the ticket; the list beside it names the agent's other tickets too.
        heading = _HEADING.search(agent.page)
        subject = unescape(heading.group(1)) if heading else ""
        return next((case for case in cases if case.subject == subject), None) or _refuse_ticket(agent)

    case = _until(take, "the next ticket")
    agent.send("/answer", restated=case.restated, text=case.answer, step=step)


def _refuse_ticket(agent: Browser) -> Case:
    raise StoryError(f"A ticket came that is none of the demo's: {agent.url}.")


def _link_of(at: Addresses, case: Case, mails: int) -> str:
    """The link in the newest mail, when so many have come."""

    def look() -> str | None:
        answer = requests.get(f"{at.mail}/api/messages", params={"to": case.email}, timeout=PATIENCE_S)
        answer.raise_for_status()
        found = answer.json()["items"]
        link = _TICKET_LINK.search(found[0]["text"]) if len(found) >= mails else None
        return link.group() if link else None

    return _until(look, f"the answer in {case.name}'s mail")


def _until(look: Callable[[], _Found | None], what: str) -> _Found:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(_PAUSE_S)
    raise StoryError(f"Waited {PATIENCE_S:.0f} s for {what}.")
