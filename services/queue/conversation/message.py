"""One message of a conversation, and whose words it holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.queue.tickets.ticket import Step
from shared.sentences import Sentence


class MessageKind(StrEnum):
    """Whose words a message holds."""

    CUSTOMER = "customer"
    """The customer's."""
    AGENT = "agent"
    """A person's answer, sent to the customer."""
    NOTE = "note"
    """Among agents; the customer never sees it."""
    SYSTEM = "system"
    """A quiet line that says what happened."""


Words = str | Sentence
"""What a person wrote; or what we say, as code and parameters, worded when it is shown."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a conversation."""

    id: str
    kind: MessageKind
    step: Step | None
    author: str
    words: Words
    created_at: datetime
