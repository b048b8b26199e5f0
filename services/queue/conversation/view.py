"""A conversation before it is drawn: each message with its words, in the reader's language and a given zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.queue.conversation.lines import text_of
from services.queue.conversation.message import Message, MessageKind
from services.queue.tickets.ticket import Step


@dataclass(frozen=True, kw_only=True)
class ShownMessage:
    """One message as people read it."""

    id: str
    author: str
    kind: MessageKind
    step: Step | None
    text: str
    created_at: datetime


def shown(messages: Iterable[Message], zone: str, *, inside: bool = False) -> list[ShownMessage]:
    """The messages with their words, for the customer or for those who work `inside`; times in them read in `zone`."""
    return [
        ShownMessage(
            id=message.id,
            author=message.author,
            kind=message.kind,
            step=message.step,
            text=text_of(message, zone, inside=inside),
            created_at=message.created_at,
        )
        for message in messages
    ]
