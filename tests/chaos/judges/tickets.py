"""Tickets: what was acknowledged is there exactly once, what was refused is nowhere, and nothing else is there."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.chaos.journal import MAY_BE, Form, Words
from tests.chaos.witness import Truth

_MARK = re.compile(r"\[[\w.-]+\]")


def _marks(truth: Truth, *, kinds: tuple[str, ...]) -> Counter[str]:
    return Counter(
        mark
        for message in truth.rows["queue"]["messages"]
        if message["kind"] in kinds and message["body"]
        for mark in _MARK.findall(message["body"])
    )


def each_form_is_one_ticket(truth: Truth) -> Iterator[str]:
    """With its message; the integrator got the same ticket at each repeat."""
    subjects = Counter(mark for row in truth.rows["queue"]["tickets"] for mark in _MARK.findall(row["subject"]))
    messages = _marks(truth, kinds=("customer",))
    for form in truth.journal.of(Form):
        counts = {subjects[form.mark], messages[form.mark]}
        if len(counts) != 1 or not counts <= MAY_BE[form.outcome]:
            yield f"{form.mark} was {form.outcome}: {subjects[form.mark]} tickets, {messages[form.mark]} messages"
        if len(form.ticket_ids) > 1:
            yield f"{form.mark} was answered with {sorted(form.ticket_ids)}"


def each_message_is_there_once(truth: Truth) -> Iterator[str]:
    """Of customers and of agents."""
    found = _marks(truth, kinds=("customer", "agent"))
    for words in truth.journal.of(Words):
        if found[words.mark] not in MAY_BE[words.outcome]:
            yield f"{words.mark} by {words.by} was {words.outcome} and is there {found[words.mark]} times"


def nothing_strange_was_written(truth: Truth) -> Iterator[str]:
    """Each message of a person carries a mark that somebody sent, on the ticket for which it was sent."""
    sent = {fact.mark: fact for kind in (Form, Words) for fact in truth.journal.of(kind)}
    for message in truth.rows["queue"]["messages"]:
        if message["kind"] not in {"customer", "agent"} or message["body"] is None:
            continue
        marks = _MARK.findall(message["body"])
        if len(marks) != 1 or marks[0] not in sent:
            yield f"{message['id']} on {message['ticket_id']} is nobody's: {message['body'][:80]!r}"
        elif (on := getattr(sent[marks[0]], "ticket_id", None)) not in (None, message["ticket_id"]):
            yield f"{marks[0]} was sent for {on} and stands on {message['ticket_id']}"
