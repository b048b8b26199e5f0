"""Agents: take, answer, answer twice, from old tabs and too late; what each was told goes into the journal."""

import itertools
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.browser import Form
from tests.chaos.journal import Beat, Journal, Outcome, Take, Words
from tests.chaos.plan import Agent, Move
from tests.chaos.premises import LEASE_S, Premises
from tests.chaos.visitor import Visitor

_TICKET = re.compile(r"/desk/tickets/(tkt_\w+)")
_LATE_BY_S = 4.0
_BARELY_LATE_BY_S = 0.2
_KEPT = 8


@dataclass(kw_only=True)
class Desk:
    """One agent's browser."""

    agent: Agent
    premises: Premises
    journal: Journal
    over: threading.Event
    own: list[str] = field(default_factory=list)
    """Tickets that were answered here and may come back."""

    def __post_init__(self) -> None:
        self.browser = Visitor(self.journal, self.over)
        self.answers = itertools.count(1)
        self.desk = f"{self.premises.url('queue')}/desk"

    def work(self) -> None:
        """Work until the run is over."""
        self._sign_in()
        thinking = itertools.cycle(self.agent.thinks_s)
        for move in itertools.cycle(self.agent.moves):
            self.journal.count(f"agents: {move}")
            _MOVES[move](self)
            self.browser.rest(next(thinking))

    def _sign_in(self) -> None:
        while "/desk" not in self.browser.look(self.desk):
            if self.browser.has_form("/authorize"):
                self.browser.post("/authorize", sub=self.agent.person)
                self.browser.look(self.browser.next_place)
            self.browser.rest(0.5)

    # Take next.

    def _take(self, *, at_once: int = 1) -> str | None:
        """The ticket that Take next gave, open on the desk."""
        return self._taken_by(self.browser, at_once)

    def _taken_by(self, browser: Visitor, at_once: int = 1) -> str | None:
        browser.look(self.desk)
        if not browser.has_form("/desk/take"):
            self._sign_in()
            return None
        outcome = browser.post("/desk/take", at_once=at_once)
        found = _TICKET.search(browser.next_place)
        if outcome is not Outcome.TAKEN or found is None:
            return None
        self.journal.note(Take(person=self.agent.person, ticket_id=found[1]))
        self.journal.count("agents: tickets taken")
        browser.look(f"{self.desk}/tickets/{found[1]}")
        return found[1]

    # Writing.

    def _write(self, browser: Visitor, ticket_id: str, form: Form, step: str, *, at_once: int = 1) -> Outcome:
        """Send that answer box, which may be an old one."""
        mark = f"[{self.agent.name.replace(' ', '-')}-{next(self.answers)}]"
        outcome = browser.send_form(
            form, at_once=at_once, step=step, restated="It fails.", text=f"Turn it on again. {mark}"
        )
        if outcome is Outcome.TAKEN and "/desk" not in browser.next_place:
            outcome = Outcome.UNKNOWN  # led to the sign-in
        token = int(form.values.get("lease_token", "-1"))
        self.journal.note(Words(mark=mark, by=self.agent.person, outcome=outcome, ticket_id=ticket_id, token=token))
        self.journal.count(f"agents' answers: {outcome}")
        return outcome

    def _box(self, browser: Visitor) -> Form | None:
        return browser.form("/answer") if browser.has_form("/answer") else None

    def answer(self, step: str, *, at_once: int = 1) -> None:
        ticket_id = self._take(at_once=at_once)
        if ticket_id is not None and (box := self._box(self.browser)) is not None:
            self._write(self.browser, ticket_id, box, step, at_once=at_once)
            self.own = [*self.own[-_KEPT:], ticket_id]

    # The moves.

    def give_back(self) -> None:
        if self._take() is not None and self.browser.has_form("/return"):
            self.journal.count(f"agents' returns: {self.browser.post('/return', why='somebody else knows it')}")

    def old_tab(self) -> None:
        """Answer, take the same ticket again, and answer from the tab of the lease before."""
        ticket_id = self._take()
        old_box = self._box(self.browser)
        if ticket_id is None or old_box is None:
            return
        self._write(self.browser, ticket_id, old_box, "ask_back")
        self._resume(ticket_id)
        new_box = self._box(self.browser)
        if new_box is None:
            return
        self._beat(ticket_id, old_box, newer=new_box)
        late = Form(
            action=old_box.action, method="post", values=old_box.values | {"form_token": f"late{ticket_id[4:]}"}
        )
        self.journal.count(f"agents' old tabs: {self._write(self.browser, ticket_id, late, 'answer')}")
        self._write(self.browser, ticket_id, new_box, "answer")

    def _beat(self, ticket_id: str, old_box: Form, *, newer: Form) -> None:
        """The old tab says that it is still open: that must not keep the newer lease."""
        beat = Form(action=f"/desk/tickets/{ticket_id}/heartbeat", method="post", values=old_box.values)
        outcome = self.browser.send_form(beat, tries=1)
        if old_box.values["lease_token"] != newer.values["lease_token"]:
            self.journal.note(Beat(person=self.agent.person, ticket_id=ticket_id, outcome=outcome))

    def _resume(self, ticket_id: str) -> None:
        self.browser.look(f"{self.desk}/tickets/{ticket_id}")
        if self.browser.has_form("/resume"):
            self.browser.post("/resume")
            self.browser.look(f"{self.desk}/tickets/{ticket_id}")

    def race(self) -> None:
        """Two tabs press Take next at the same moment: two tickets, never one twice."""
        tabs = [self.browser, self.browser.twin()]
        threads = [threading.Thread(target=self._race_of, args=(tab,)) for tab in tabs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _race_of(self, tab: Visitor) -> None:
        def take_and_answer() -> None:
            ticket_id = self._taken_by(tab)
            if ticket_id is not None and (box := self._box(tab)) is not None:
                self._write(tab, ticket_id, box, "resolve")

        quietly(take_and_answer)

    def go_on(self) -> None:
        if not self.own:
            return
        ticket_id = self.own.pop(0)
        self._resume(ticket_id)
        if (box := self._box(self.browser)) is not None:
            self._write(self.browser, ticket_id, box, "resolve")

    def stall(self, late_by_s: float) -> None:
        """Take a ticket, go for a coffee that lasts longer than the lease, come back and answer."""
        while (ticket_id := self._take()) is None or (box := self._box(self.browser)) is None:
            self.browser.rest(1.0)
        self.browser.rest(LEASE_S + late_by_s)
        self.journal.count(f"agents' late answers: {self._write(self.browser, ticket_id, box, 'answer')}")


_MOVES: dict[Move, Callable[[Desk], None]] = {
    Move.ANSWER: lambda desk: desk.answer("answer"),
    Move.ASK_BACK: lambda desk: desk.answer("ask_back"),
    Move.RESOLVE: lambda desk: desk.answer("resolve"),
    Move.TWO_PRESSES: lambda desk: desk.answer("answer", at_once=2),
    Move.GIVE_BACK: Desk.give_back,
    Move.OLD_TAB: Desk.old_tab,
    Move.RACE: Desk.race,
    Move.GO_ON: Desk.go_on,
    Move.STALL: lambda desk: desk.stall(_LATE_BY_S),
    Move.BARELY_LATE: lambda desk: desk.stall(_BARELY_LATE_BY_S),
}


def quietly(step: Callable[[], None]) -> None:
    """In a thread of its own: the end of the run, or a page that went wrong, ends it without a word."""
    try:
        step()
    except Exception:  # noqa: BLE001 - what it means is judged by the invariants
        return
