"""Assignment: one lease at a time, tokens only grow, and nothing is written under a lease that has ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.chaos.journal import Beat, Outcome, Take, Words
from tests.chaos.premises import LEASE_S
from tests.chaos.witness import Row, Truth, by

_ENDS_LEASE = ("returned", "canceled", "confirmed")


@dataclass(kw_only=True)
class _Desk:
    """Who has a ticket, as its trail tells it entry by entry."""

    owner: str | None = None
    token: int = 0
    until: datetime | None = None
    wrong: list[str] = field(default_factory=list)
    in_force: dict[datetime, int] = field(default_factory=dict)
    """The token that was in force when an agent's message was written, by its moment."""

    def read(self, entry: Row) -> None:
        action, at, after = entry["action"], entry["occurred_at"], entry["after"]
        runs = self.until is not None and self.until > at
        if action in {"taken", "resumed"}:
            if runs:
                self.wrong.append(f"{action} at {at} by {entry['actor']}, while {self.owner} had it until {self.until}")
            if after["lease_token"] != self.token + 1:
                self.wrong.append(f"{action} under token {after['lease_token']} after {self.token}")
            if action == "resumed" and entry["actor"] != self.owner:
                self.wrong.append(f"resumed by {entry['actor']}, and {self.owner} had it")
            self.owner, self.token = entry["actor"], after["lease_token"]
            self.until = at + timedelta(seconds=LEASE_S)
        elif action.startswith("agent_") or action == "returned":
            if not runs or entry["actor"] != self.owner:
                self.wrong.append(
                    f"{action} at {at} by {entry['actor']}, and the lease of {self.owner} ran until {self.until}"
                )
            self.in_force[at] = self.token
            self.until = None
        elif action in _ENDS_LEASE:
            self.until = None
        if action == "returned":
            self.owner = None


def _desks(truth: Truth) -> dict[str, _Desk]:
    desks = {}
    for ticket_id, entries in by(truth.rows["queue"]["audit_entries"], "aggregate_id").items():
        desk = desks[ticket_id] = _Desk()
        for entry in sorted(entries, key=lambda row: row["number"]):
            desk.read(entry)
    return desks


def one_lease_at_a_time(truth: Truth) -> Iterator[str]:
    """As the trail tells it; and the row says the same."""
    desks = _desks(truth)
    for ticket_id, desk in desks.items():
        yield from (f"{ticket_id}: {wrong}" for wrong in desk.wrong)
    for row in truth.rows["queue"]["tickets"]:
        if row["id"] in desks and desks[row["id"]].token != row["lease_token"]:
            yield f"{row['id']} has token {row['lease_token']}, its trail {desks[row['id']].token}"


def who_was_given_a_ticket_has_it(truth: Truth) -> Iterator[str]:
    """Each ticket that an agent was shown after Take next was taken by them, as the trail tells it."""
    people = {row["id"]: row["subject"] for row in truth.rows["queue"]["agents"]}
    taken = {
        (people.get(row["actor"].removeprefix("agent:")), row["aggregate_id"])
        for row in truth.rows["queue"]["audit_entries"]
        if row["action"] == "taken"
    }
    for take in truth.journal.of(Take):
        if (take.person, take.ticket_id) not in taken:
            yield f"{take.person} got {take.ticket_id}, and nothing says so"


def nothing_is_written_under_an_older_lease(truth: Truth) -> Iterator[str]:
    """Each answer of an agent was sent with the token that was in force when it was written."""
    desks = _desks(truth)
    messages = [row for row in truth.rows["queue"]["messages"] if row["kind"] == "agent" and row["body"]]
    for words in truth.journal.of(Words):
        if words.token is None or words.outcome is Outcome.REFUSED:
            continue
        for message in messages:
            if words.mark not in message["body"]:
                continue
            desk = desks.get(message["ticket_id"], _Desk())
            if desk.in_force.get(message["created_at"]) != words.token:
                yield (
                    f"{words.mark} of {words.by} was written to {message['ticket_id']} under token {words.token},"
                    f" and {desk.in_force.get(message['created_at'])} was in force"
                )


def no_old_tab_keeps_a_lease(truth: Truth) -> Iterator[str]:
    """A lease runs on for whoever has it, not for a tab that had it before."""
    for beat in truth.journal.of(Beat):
        if beat.outcome is Outcome.TAKEN:
            yield f"an old tab of {beat.person} kept {beat.ticket_id}"
