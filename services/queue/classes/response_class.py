"""A response class as the policy has it, and what it promises: data of entitlements, frozen on each ticket."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

ENGLISH = "en"
"""The language that each text of a policy has."""

Words = Mapping[str, str]
"""A text by language."""


class TakenBy(StrEnum):
    """Which agents take the tickets of a class."""

    SENIOR = "senior"
    """Senior agents, before anything else."""
    EVERYBODY = "everybody"
    """Any agent."""

    @classmethod
    def read(cls, word: str) -> "TakenBy":
        """What a peer says; a word of a newer release means everybody: no ticket waits for agents who do not exist."""
        return cls.SENIOR if word == cls.SENIOR else cls.EVERYBODY


@dataclass(frozen=True, kw_only=True)
class ResponseClass:
    """A class of promises. The higher the `rank`, the better; `names` and `sentences` by language."""

    id: str
    rank: int
    taken_by: TakenBy
    names: Words
    sentences: Words

    def name(self, language: str) -> str:
        """What people call it; its id where the policy has no name."""
        return said_in(self.names, language) or self.id

    def sentence(self, language: str) -> str:
        """What it means for the customer; empty where the policy says nothing."""
        return said_in(self.sentences, language)


@dataclass(frozen=True, kw_only=True)
class CalendarName:
    """The calendar that a promise is counted in; `names` by language, `zone` is an IANA name."""

    id: str
    names: Words
    zone: str

    def name(self, language: str) -> str:
        """What people call it; its id where it has no name."""
        return said_in(self.names, language) or self.id


@dataclass(frozen=True, kw_only=True)
class ClassTarget:
    """A class with what it promises now, in working minutes of the calendar."""

    response_class: ResponseClass
    target_minutes: int
    calendar: CalendarName


def said_in(words: Words, language: str) -> str:
    """The text in that language, else in English, else none."""
    return words.get(language) or words.get(ENGLISH) or ""


def lowest(targets: Iterable[ClassTarget]) -> ClassTarget | None:
    """The class that promises least: what everybody gets. None where no class is known."""
    return min(targets, key=lambda target: target.response_class.rank, default=None)


def class_named(targets: Iterable[ClassTarget], class_id: str | None) -> ClassTarget | None:
    """The class with that id, if it is known."""
    return next((target for target in targets if target.response_class.id == class_id), None)
