"""Customers: ask, pay in all the ways that people do, write again, confirm, vanish."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from requests import RequestException

from tests.chaos.journal import Form, Journal, Outcome, Payment, Words
from tests.chaos.plan import Choice, Ending, Paying, Story
from tests.chaos.premises import Premises
from tests.chaos.visitor import TimeUp, Visitor, wait_for
from tests.support import web

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
ANSWERED_WITHIN_S = 60.0
_LINK = re.compile(r"https?://\S+/t/[\w.\-]+")


@dataclass(kw_only=True)
class Customer:
    """One customer, living through one story."""

    story: Story
    premises: Premises
    journal: Journal
    over: threading.Event

    def __post_init__(self) -> None:
        self.browser = Visitor(self.journal, self.over)
        self.email = f"{self.story.name}@chaos.example"
        self.words = 0

    def live(self) -> None:
        """The whole story, as far as it comes."""
        place = self._ask()
        if place is None:
            return
        if "/c/pay/" in place:
            self._at_the_checkout(place)
        else:
            self.browser.look(place)
            if self.story.choice is Choice.BUY and self.browser.has_form("/pay"):  # billing was away
                self.journal.count("customers sent to the payment from their ticket")
                if self.browser.post("/pay") is Outcome.TAKEN and "/c/pay/" in self.browser.next_place:
                    self._at_the_checkout(self.browser.next_place)
        self._follow_the_ticket()

    def _mark(self) -> str:
        self.words += 1
        return f"[{self.story.name}-{self.words}]"

    def _ask(self) -> str | None:
        """Send the form; where it leads."""
        mark, story = self._mark(), self.story
        self.browser.look(f"{self.premises.url('queue')}/ask?product={story.product}&currency={story.currency}")
        outcome = self.browser.post(
            "/ask",
            at_once=2 if story.sends_twice else 1,
            subject=f"It fails {mark}",
            text=f"Since this morning it fails. {mark}",
            tried="turned it off",
            email=self.email,
            name=story.name,
            zone="Europe/Berlin",
            choice=story.choice.value,
        )
        self.journal.note(Form(mark=mark, outcome=outcome))
        self.journal.count(f"customers who asked ({story.choice}): {outcome}")
        return self.browser.next_place if outcome is Outcome.TAKEN else None

    def _at_the_checkout(self, page: str) -> None:
        way, browser = self.story.paying, self.browser
        self.journal.count(f"customers at the checkout: {way}")
        browser.look(page)
        if way is Paying.NEVER or not browser.has_form(""):
            return
        if way is Paying.LATE:
            self._take_standard()
            browser.look(page)
        if way is Paying.DECLINED_FIRST:
            self._pay(browser, DECLINED_CARD)
            browser.look(page)
        if way is Paying.TWO_TABS:
            tabs = [browser, browser.twin()]
            both = [threading.Thread(target=with_patience, args=(partial(self._pay_and_return, tab),)) for tab in tabs]
            for tab in both:
                tab.start()
            for tab in both:
                tab.join()
        elif way is Paying.VANISHES:
            self._pay(browser, GOOD_CARD)
        else:
            self._pay_and_return(browser)

    def _pay(self, browser: Visitor, card: str) -> bool:
        session_id = browser.url.partition("/c/pay/")[2].partition("?")[0]
        outcome = browser.post("", card_number=card, card_expiry="12 / 34", card_cvc="123", name="Jo", country="DE")
        if outcome is not Outcome.TAKEN:
            return False
        self.journal.note(Payment(session_id=session_id))
        return True

    def _pay_and_return(self, browser: Visitor) -> None:
        """Pay and go back to where Stripe leads; a tab that cannot is closed."""
        if self._pay(browser, GOOD_CARD):
            with_patience(partial(browser.look, browser.next_place))

    def _take_standard(self) -> None:
        link = self._link(within_s=0)
        if link is not None:
            self.browser.look(link)
            if self.browser.has_form("/standard"):
                self.browser.post("/standard")

    def _link(self, within_s: float) -> str | None:
        """The way to the ticket: the page that the browser reached, else the link in the mail."""
        if "/t/" in self.browser.url:
            return self.browser.url.partition("?")[0]

        def look() -> str | None:
            try:
                found = web.get(
                    f"{self.premises.url('mail')}/api/messages", params={"to": self.email}, timeout=5
                ).json()
            except (RequestException, ValueError):
                return None
            links = [_LINK.search(mail["text"]) for mail in found["items"]]
            return next((link.group() for link in links if link), None)

        return wait_for(look, self.browser, within_s=within_s, every_s=4.0) if within_s else look()

    def _follow_the_ticket(self) -> None:
        link = self._link(ANSWERED_WITHIN_S)
        if link is None:
            return
        self.browser.look(link)
        if self.story.ending is Ending.CANCELS and self.browser.has_form("/cancel"):
            self.journal.count(f"customers who canceled: {self.browser.post('/cancel')}")
            return
        for turn in range(self.story.writes):
            self._write(link, at_once=1 + turn % 2)
            self.browser.rest(1.0)
        self._take_the_answer(link)

    def _write(self, link: str, *, at_once: int) -> None:
        self.browser.look(link)
        if not self.browser.has_form("/reply"):
            return
        mark = self._mark()
        outcome = self.browser.post("/reply", at_once=at_once, text=f"One more thing. {mark}")
        self.journal.note(Words(mark=mark, by="customer", outcome=outcome))
        self.journal.count(f"customers' messages: {outcome}")

    def _take_the_answer(self, link: str) -> None:
        def resolved() -> str | None:
            self.browser.look(link)
            return link if self.browser.has_form("/solved") else None

        if self.story.ending is Ending.SILENT or wait_for(resolved, self.browser, within_s=ANSWERED_WITHIN_S) is None:
            return
        if self.story.ending is Ending.CONFIRMS:
            self.journal.count(f"customers who confirmed: {self.browser.post('/solved', at_once=2)}")
            return
        self.journal.count(f"customers for whom it was not solved: {self.browser.post('/not-solved')}")
        self._write(link, at_once=2)


def with_patience(step: Callable[[], object]) -> None:
    """A step whose failure is not the customer's trouble."""
    with suppress(RequestException, RuntimeError, TimeUp):
        step()
