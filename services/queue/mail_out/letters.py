"""The words of every mail: what changed, by when, what now. One column that reads the same as text and as HTML.

An acknowledgement never repeats what was written in the form: the address may belong to somebody who wrote nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from services.queue.mail_out.wording import absolute
from services.queue.tickets.promise import Promise, ResponseClass
from services.queue.tickets.ticket import Step


@dataclass(frozen=True, kw_only=True)
class Quote:
    """Words of a person, kept line by line."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Several short points."""

    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way to somewhere, with its address in full."""

    label: str
    url: str


Block = str | Quote | Listing | Link


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail before it is addressed."""

    subject: str
    blocks: tuple[Block, ...]

    def text(self) -> str:
        """The plain part."""
        return "\n\n".join(_plain(block) for block in self.blocks) + "\n"

    def html(self) -> str:
        """The HTML part; everything that a person wrote is escaped."""
        body = "\n".join(_markup(block) for block in self.blocks)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
            f"<title>{escape(self.subject)}</title></head>\n"
            '<body style="margin:0;padding:24px 16px;font:16px/1.5 -apple-system,Segoe UI,Roboto,sans-serif">\n'
            f'<div style="max-width:36rem;margin:0 auto">\n{body}\n</div></body></html>\n'
        )


def _plain(block: Block) -> str:
    match block:
        case Quote(text=text):
            return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
        case Listing(items=items):
            return "\n".join(f"- {item}" for item in items)
        case Link(label=label, url=url):
            return f"{label}:\n{url}"
        case str():
            return block


def _markup(block: Block) -> str:
    match block:
        case Quote(text=text):
            style = "margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #8a94a6;white-space:pre-wrap"
            return f'<blockquote style="{style}">{escape(text)}</blockquote>'
        case Listing(items=items):
            points = "".join(f"<li>{escape(item)}</li>" for item in items)
            return f'<ul style="margin:0 0 16px;padding-left:20px">{points}</ul>'
        case Link(label=label, url=url):
            address = escape(url)
            return f'<p style="margin:0 0 16px">{escape(label)}:<br><a href="{address}">{address}</a></p>'
        case str():
            return f'<p style="margin:0 0 16px">{escape(block)}</p>'


_HOW_TO_ANSWER = (
    "To answer or to add something, write on that page. The link opens this ticket only; "
    "whoever has it can read the ticket, so keep it to yourself."
)


def _ticket_link(url: str) -> tuple[Block, ...]:
    return (
        Link(label="Your ticket, with everything written so far", url=url),
        _HOW_TO_ANSWER,
    )


def _why(promise: Promise) -> tuple[Block, ...]:
    return ("Why this time:", Listing(items=tuple(reason.text for reason in promise.reasons)))


_CLASS_WORDS = {
    ResponseClass.PREMIUM: "Your ticket is premium: a senior agent takes it next.",
    ResponseClass.STANDARD: "This is our standard answer time, free of charge.",
}


def acknowledgement(number: int, promise: Promise, zone: str, now: datetime, url: str) -> Letter:
    """We have it, and by when a person answers."""
    due = absolute(promise.respond_by, zone, now)
    return Letter(
        subject=f"A person answers by {due} (ticket #{number})",
        blocks=(
            f"We have your message. A person answers by {due}.",
            _CLASS_WORDS[promise.response_class],
            *_why(promise),
            *_ticket_link(url),
        ),
    )


def promise_raised(number: int, promise: Promise, zone: str, now: datetime, url: str) -> Letter:
    """The answer comes sooner than we said before."""
    due = absolute(promise.respond_by, zone, now)
    return Letter(
        subject=f"Sooner: a person answers by {due} (ticket #{number})",
        blocks=(
            f"A person now answers by {due}.",
            _CLASS_WORDS[promise.response_class],
            *_why(promise),
            *_ticket_link(url),
        ),
    )


_ANSWER_SUBJECTS = {
    Step.ANSWER: "An answer to your ticket #{number}",
    Step.ASK_BACK: "A question about your ticket #{number}",
    Step.RESOLVE: "Is it solved? Your ticket #{number}",
}


def answer(number: int, step: Step, agent_name: str, text: str, restated: str | None, url: str) -> Letter:
    """A person's words, and what the customer does next. Without text: the question whether it is solved."""
    blocks: list[Block] = []
    if text:
        verb = "asks" if step is Step.ASK_BACK else "wrote"
        blocks += [f"{agent_name} {verb}:", Quote(text=text)]
    if restated:
        blocks += ["The problem as we understand it:", Quote(text=restated)]
    if step is Step.RESOLVE:
        blocks.append(
            f"{agent_name} believes that your problem is solved. Please tell us on the page below: solved, or "
            "not solved. If it is not, we go on, at no charge."
        )
    return Letter(subject=_ANSWER_SUBJECTS[step].format(number=number), blocks=(*blocks, *_ticket_link(url)))
