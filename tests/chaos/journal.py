"""What people were told while it happened: the acknowledgements against which the truth is judged."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What somebody knows of something that they sent."""

    TAKEN = "taken"
    """Acknowledged at least once: it must be there, once."""
    REFUSED = "refused"
    """Each try was refused: it must not be there."""
    UNKNOWN = "unknown"
    """A reply was lost and no later one said yes: it is there once, or not at all."""


MAY_BE = {Outcome.TAKEN: {1}, Outcome.REFUSED: {0}, Outcome.UNKNOWN: {0, 1}}
"""How many of it there may be in the end."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """A message of a customer or an agent, known by a mark that no other has. `token`: an agent's lease."""

    mark: str
    by: str
    outcome: Outcome
    ticket_id: str | None = None
    token: int | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """A ticket that somebody opened. `ticket_ids`: what the API answered, each time that it was asked."""

    mark: str
    outcome: Outcome
    ticket_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Take:
    """A ticket that an agent got by Take next."""

    person: str
    ticket_id: str


@dataclass(frozen=True, kw_only=True)
class Beat:
    """A tab with an older lease than the running one said that it is still open."""

    person: str
    ticket_id: str
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A checkout that the payment page called paid."""

    session_id: str


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A promise as somebody saw it."""

    ticket_id: str
    response_class: str
    respond_by: str


Fact = Words | Form | Take | Beat | Payment | Sight


@dataclass
class Journal:
    """Written by many threads, read when all have ended."""

    facts: list[Fact] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)
    """Answers that nobody should get, by what was asked: a 500 is a defect even where nothing is lost."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _began: float = field(default_factory=time.monotonic)

    def note(self, fact: Fact) -> None:
        """Keep what somebody was told."""
        with self._lock:
            self.facts.append(fact)

    def count(self, what: str) -> None:
        """One more of that."""
        with self._lock:
            self.counts[what] += 1

    def wonder(self, what: str) -> None:
        """Keep an answer that nobody should get."""
        with self._lock:
            self.strange[what] += 1

    def sum(self, *whats: str) -> int:
        """How often these happened, together."""
        with self._lock:
            return sum(self.counts[what] for what in whats)

    def of(self, kind: type[Any]) -> list[Any]:
        """All facts of a kind, in the order in which they were told."""
        with self._lock:
            return [fact for fact in self.facts if isinstance(fact, kind)]
