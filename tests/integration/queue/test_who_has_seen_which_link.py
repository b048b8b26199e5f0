"""Random visits of strangers and owners: what somebody learns and uses follows from the links that they have held.

The witness keeps a ledger of its own, and of each person the links that reached them; it reads pages as a person does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from services.queue.tickets.link import ticket_id_in
from services.queue.tickets.ticket import Ticket
from tests.support.queue import Queue, decision, hidden_fields, queue_service

PEOPLE = ("jo", "joan", "kim", "mallory", "trudy")
ACCOUNTS = {"jo": "acme", "joan": "acme", "kim": "kim"}
"""Who owns an address, and with whom they share what was bought; the others are strangers without one."""
LEFT = 4711
"""Incidents of an account: a figure that stands on no page for another reason."""
_worlds = count()


@dataclass
class Ledger:
    """The witness: what entitlements holds for which account."""

    prefix: str
    held: dict[str, list[str]] = field(default_factory=lambda: {"acme": [], "kim": []})

    def account(self, email: str) -> str:
        return ACCOUNTS[email.removeprefix(self.prefix).partition("@")[0]]

    def decide(self, asked: dict[str, Any]) -> dict[str, Any]:
        account, ticket_id = self.account(asked["requester_email"]), asked["ticket_id"]
        if asked["requester_verified"] and ticket_id not in self.held[account]:
            self.held[account].append(ticket_id)
        if ticket_id in self.held[account]:
            return decision(ticket_id, premium=True, sequence=2, because="credit_of_account")
        return decision(ticket_id, opened_at=asked["opened_at"])

    def left(self, email: str) -> int:
        return LEFT - len(self.held[self.account(email)])


class Patient:
    """No limits: how guesses are slowed down is shown elsewhere (test_limits.py); here each is answered."""

    def take(self, _limit: Any, _who: str) -> None:
        """Let it through."""


class Visits(RuleBasedStateMachine):
    """One house, five browsers, three addresses."""

    queue: Queue
    links = Bundle("links")
    """(person, path): a link that this person holds."""

    @initialize()
    def begin(self) -> None:
        self.ledger = Ledger(prefix=f"w{next(_worlds)}-")
        self.queue.app.extensions["limits"] = Patient()
        self.queue.peers.decides = self.ledger.decide
        self.queue.peers.balance_of = self.ledger.left
        self.browsers = {person: self.queue.customer() for person in PEOPLE}
        self.pages: dict[str, set[str]] = {person: set() for person in PEOPLE}
        self.mails: dict[str, set[str]] = {person: set() for person in PEOPLE}
        self.secrets: dict[str, str] = {}

    # What people do.

    @rule(target=links, person=st.sampled_from(PEOPLE), owner=st.sampled_from(list(ACCOUNTS)))
    def fill_in_the_form(self, person: str, owner: str) -> tuple[str, str]:
        email, secret = f"{self.ledger.prefix}{owner}@example.com", f"secret{len(self.secrets)}{self.ledger.prefix}"
        form = {"subject": "It fails", "text": secret, "tried": "", "name": "", "email": email, "choice": "standard"}
        page = self.browsers[person].post("/ask", "/ask", **form).location
        ticket = self.behind(page)
        self.secrets[ticket.id] = secret
        self.pages[person].add(page)
        return person, page

    @rule(target=links, link=links)
    def its_mail_arrives(self, link: tuple[str, str]) -> tuple[str, str]:
        """The owner of the ticket's address reads the mail, as it is sent now."""
        ticket = self.behind(link[1])
        owner = ticket.contact_email.removeprefix(self.ledger.prefix).partition("@")[0]
        mailed = self.queue.mailed(ticket)
        self.mails[owner].add(mailed)
        return owner, mailed

    @rule(target=links, link=links, to=st.sampled_from(PEOPLE))
    def hand_on(self, link: tuple[str, str], to: str) -> tuple[str, str]:
        """Whoever holds a link may show it to anybody: then that one holds it as well."""
        person, path = link
        held = self.mails if path in self.mails[person] else self.pages
        held[to].add(path)
        return to, path

    @rule(link=links, other=links, person=st.sampled_from(PEOPLE))
    def patch_a_link_together(self, link: tuple[str, str], other: tuple[str, str], person: str) -> None:
        ids, seals = link[1].partition(".")[0], other[1].partition(".")[2]
        for made_up in (f"{ids}.{seals}", f"/t/mail.{link[1][3:]}", f"{link[1]}.{seals}"):
            if made_up not in (link[1], other[1]) and self.behind(link[1]).id != self.behind(other[1]).id:
                assert self.browsers[person].get(made_up).status_code == 404

    @rule(link=links)
    def make_links_void(self, link: tuple[str, str]) -> None:
        ticket = self.behind(link[1])
        self.queue.write("update tickets set link_version = link_version + 1 where id = :id", id=ticket.id)

    @rule(link=links)
    def open(self, link: tuple[str, str]) -> None:
        person, path = link
        for page in (path, f"{path}/top", f"{path}/conversation", f"{path}/ask"):
            before = self.used()
            answer = self.browsers[person].get(page)
            assert self.used() == before, "a GET uses nothing"
            self.judge(link, answer.text)
            if self.live(path) and page.endswith("/ask"):
                assert ("Use one of your" in answer.text) == self.proves(link)
        if self.proves(link):
            assert (
                f"{self.ledger.left(self.behind(path).contact_email):,} incidents"
                in self.browsers[person].get(path).text
            )

    @rule(link=links)
    def use_an_incident(self, link: tuple[str, str]) -> None:
        person, path = link
        before, ticket = self.used(), self.behind(path)
        answer = self.send(person, path, f"{path}/use-incident")
        self.judge(link, answer.text)
        if not self.proves(link):
            assert self.used() == before
            assert answer.status_code in (400, 404)
        else:
            assert ticket.id in self.ledger.held[self.ledger.account(ticket.contact_email)], "owners always can"

    @rule(target=links, link=links, choice=st.sampled_from(("standard", "credit")))
    def ask_something_else(self, link: tuple[str, str], choice: str) -> tuple[str, str]:
        person, path = link
        before, secret = self.used(), f"secret{len(self.secrets)}{self.ledger.prefix}"
        form = {"subject": "It fails again", "text": secret, "choice": choice, "zone": "UTC"}
        answer = self.send(person, f"{path}/ask", f"{path}/ask", **form)
        self.judge(link, answer.text)
        if answer.status_code != 303:
            assert not self.live(path) or (choice == "credit" and not self.proves(link))
            assert self.used() == before
            return link
        assert self.used() == before + (choice == "credit")
        assert choice == "standard" or self.proves(link)
        ticket = self.behind(answer.location)
        self.secrets[ticket.id] = secret
        self.pages[person].add(answer.location)
        return person, answer.location

    @rule(link=links, person=st.sampled_from(PEOPLE), way=st.sampled_from(("return", "canceled")))
    def come_back_from_paying(self, link: tuple[str, str], person: str, way: str) -> None:
        """Ids of tickets are no secret."""
        ticket = self.behind(link[1])
        location = self.browsers[person].get(f"/tickets/{ticket.id}/{way}").headers.get("Location", "")
        path = location.partition("?")[0]
        assert not path or path in self.pages[person]

    @rule(link=links)
    def write(self, link: tuple[str, str]) -> None:
        person, path = link
        answer = self.send(person, path, f"{path}/reply", text="One more thing.")
        assert (answer.status_code == 303) == self.live(path)

    # What the witness knows.

    def behind(self, path: str) -> Ticket:
        ticket_id = ticket_id_in(path.removeprefix("/t/").partition("?")[0])
        assert ticket_id is not None
        return self.queue.ticket(ticket_id)

    def live(self, path: str) -> bool:
        ticket = self.behind(path)
        return path in (self.queue.path(ticket), self.queue.mailed(ticket))

    def proves(self, link: tuple[str, str]) -> bool:
        """Whether this person holds a mail of the ticket's address, and comes by it."""
        return self.live(link[1]) and link[1] in self.mails[link[0]]

    def used(self) -> int:
        return sum(map(len, self.ledger.held.values()))

    def send(self, person: str, page: str, action: str, **fields: str) -> Any:
        browser = self.browsers[person]
        return browser.client.post(action, data=hidden_fields(browser.get(page).text) | fields)

    def judge(self, link: tuple[str, str], html: str) -> None:
        """What a page told somebody, against what they may know."""
        mine = self.behind(link[1]).id
        told = {ticket_id for ticket_id, secret in self.secrets.items() if re.search(rf"{secret}\b", html)}
        assert told <= ({mine} if self.live(link[1]) else set()), "another ticket was shown"
        if not self.proves(link):
            left = {f"{LEFT - used:,}" for used in range(self.used() + 1)}
            assert not [figure for figure in left if figure in html], "a balance was told"
            for words in ("Use one of your", "Use one for this ticket", "of your priority incidents"):
                assert words not in html


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


@pytest.mark.timeout(600)
def test_only_who_has_held_a_mailed_link_learns_or_uses_what_its_address_has_and_they_always_can(queue: Queue) -> None:
    class House(Visits):
        pass

    House.queue = queue
    run_state_machine_as_test(House, settings=settings(max_examples=25, stateful_step_count=20))
