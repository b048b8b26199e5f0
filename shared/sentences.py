"""A sentence that is stored: a code and its parameters. Which words say it is decided when somebody reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from shared.money import Money


@dataclass(frozen=True)
class Words:
    """What something is called, by language, where the words are data (a calendar of the policy); English always."""

    by_language: Mapping[str, str] = field(hash=False)


Value = str | int | datetime | date | timedelta | Money | Words
"""What a parameter may be. A number is counted (1,234); a number that is only a name (a ticket's) goes in as text."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What is to be said, before it has words: `Sentence.of("handed_over", agent="Ana", at=moment)`."""

    code: str
    parameters: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, /, **parameters: Value) -> Self:
        """The sentence of that code."""
        return cls(code=code, parameters=parameters)

    def as_json(self) -> dict[str, Any]:
        """As it is stored and sent; what JSON does not know says what it is: `{"moment": "2026-11-24T13:05+00:00"}`."""
        return {"code": self.code, "parameters": {name: _stored(value) for name, value in self.parameters.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """As it was before `as_json`. What a newer release stored and this one does not know stays as text."""
        parameters = {name: _value(value) for name, value in stored.get("parameters", {}).items()}
        return cls(code=stored["code"], parameters=parameters)


def _stored(value: Value) -> Any:
    match value:
        case datetime() if value.tzinfo is None:
            raise ValueError("A moment without a zone cannot be stored: pass an aware time")
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case timedelta():
            return {"seconds": value.total_seconds()}
        case Money():
            return {"amount_minor": value.amount_minor, "currency": value.currency}
        case Words():
            return {"words": dict(value.by_language)}
        case _:
            return value


def _value(stored: Any) -> Value:  # noqa: PLR0911 - one for each kind of value
    match stored:
        case str() | int():
            return stored
        case {"moment": str(text)}:
            return datetime.fromisoformat(text)
        case {"day": str(text)}:
            return date.fromisoformat(text)
        case {"seconds": float(seconds) | int(seconds)}:
            return timedelta(seconds=seconds)
        case {"amount_minor": int(amount_minor), "currency": str(currency)}:
            return Money(amount_minor, currency)
        case {"words": {"en": str()} as words}:
            return Words(words)
        case _:
            return str(stored)
