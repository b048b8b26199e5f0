"""A letter before it is drawn: one column of blocks that reads the same as text and as HTML."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class MailKind(StrEnum):
    """What a mail tells; together with its parameters it says all that its words are made of."""

    ACKNOWLEDGEMENT = "acknowledgement"
    """We have it, with the link to it: written with the ticket itself."""
    PROMISED = "promised"
    """By when a person answers, where the acknowledgement could not say so."""
    PAID = "paid"
    """Thanks: the payment has arrived, and by when a person answers."""
    KEPT = "kept"
    """Paid too late for this ticket: what was bought is kept, or the money goes back."""
    PROMISE_RAISED = "promise_raised"
    """The answer comes sooner than we said before."""
    ANSWER = "answer"
    """An answer of a person."""
    ASK_BACK = "ask_back"
    """A question of a person."""
    RESOLVE = "resolve"
    """The solution; the customer is asked to confirm."""


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """Our own words."""

    kind: ClassVar = "paragraph"
    text: str


@dataclass(frozen=True, kw_only=True)
class Quote:
    """Words of a person, kept line by line."""

    kind: ClassVar = "quote"
    text: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Several short points."""

    kind: ClassVar = "listing"
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way to somewhere, with its address in full."""

    kind: ClassVar = "link"
    label: str
    url: str


Block = Paragraph | Quote | Listing | Link


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail before it is addressed."""

    subject: str
    blocks: tuple[Block, ...]
