"""Read the policy's file: complete and without contradiction, or a refusal that names the entry and the cure."""

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.entitlements.policies.errors import PolicyError
from services.entitlements.policies.policy import NamedCalendar, Policy, ResponseClass, TakenBy
from shared.worktime import AROUND_THE_CLOCK, Calendar, weekdays

SHIPPED = Path(__file__).parent / "policy.toml"
_LONGEST_ID = 64


def _around_the_clock(zone: str) -> Calendar:
    return replace(AROUND_THE_CLOCK, zone=zone)


KINDS: dict[str, Callable[[str], Calendar]] = {"around the clock": _around_the_clock, "weekdays": weekdays}
"""Kinds of calendars by the word that the file has for them; each is made for a zone."""


def read_policy(path: Path = SHIPPED) -> Policy:
    """The policy in that file. Raises PolicyError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(path, f"it cannot be read ({error}).") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(path, f"it is not TOML ({error}).") from error
    return _policy(_Table(path, "", content))


def _policy(table: "_Table") -> Policy:
    version = table.text("version")
    calendars = {name: _calendar(name, inside) for name, inside in table.tables("calendars").items()}
    classes = [_response_class(name, inside, calendars) for name, inside in table.tables("classes").items()]
    table.nothing_else()
    classes.sort(key=lambda one: -one.rank)
    for better, worse in pairwise(classes):
        if better.rank == worse.rank:
            table.refuse("classes", f"gives {better.id} and {worse.id} the same rank. Give each one of its own.")
    return Policy(version=version, classes=tuple(classes))


def _calendar(name: str, table: "_Table") -> NamedCalendar:
    kind, zone = table.one_of("kind", KINDS), table.text("zone")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.refuse("zone", f"is {zone!r}, which is no time zone. Write an IANA name such as Europe/Berlin.")
    calendar = NamedCalendar(id=name, names=table.words("names"), hours=KINDS[kind](zone))
    table.nothing_else()
    return calendar


def _response_class(name: str, table: "_Table", calendars: Mapping[str, NamedCalendar]) -> ResponseClass:
    if len(name) > _LONGEST_ID:
        table.refuse("", f"has a name of more than {_LONGEST_ID} characters. Shorten it.")
    response_class = ResponseClass(
        id=name,
        rank=table.number("rank", least=0),
        taken_by=TakenBy(table.one_of("taken_by", [one.value for one in TakenBy])),
        names=table.words("names"),
        sentences=table.words("sentences"),
        target=timedelta(minutes=table.number("target_minutes", least=1)),
        calendar=calendars[table.one_of("calendar", calendars)],
    )
    table.nothing_else()
    return response_class


class _Table:
    """One table of the file. What nobody asks for is refused in the end: a misspelled entry would go unnoticed."""

    def __init__(self, path: Path, place: str, entries: Mapping[str, Any]) -> None:
        self._path, self._place, self._entries = path, place, entries
        self._asked: set[str] = set()

    def text(self, entry: str) -> str:
        """A text that is not empty."""
        value = self._get(entry)
        if not isinstance(value, str) or not value.strip():
            self.refuse(entry, f"is {value!r}. Write a text.")
        return value

    def number(self, entry: str, *, least: int) -> int:
        """A whole number."""
        value = self._get(entry)
        if type(value) is not int or value < least:
            self.refuse(entry, f"is {value!r}. Write a whole number from {least} on.")
        return value

    def one_of(self, entry: str, known: Collection[str]) -> str:
        """A text out of these."""
        value = self.text(entry)
        if value not in known:
            self.refuse(entry, f"is {value!r}. Write one of: {', '.join(known)}.")
        return value

    def words(self, entry: str) -> dict[str, str]:
        """Words by language; English always."""
        table = self.table(entry)
        return {language: table.text(language) for language in dict.fromkeys(("en", *table.entries()))}

    def tables(self, entry: str) -> dict[str, "_Table"]:
        """The tables inside of one, by name; at least one."""
        table = self.table(entry)
        found = {name: table.table(name) for name in table.entries()}
        if not found:
            self.refuse(entry, "is empty. Add at least one.")
        return found

    def table(self, entry: str) -> "_Table":
        """The table of that name."""
        value = self._get(entry)
        if not isinstance(value, dict):
            self.refuse(entry, f"is {value!r}. Write a table, [{self._named(entry)}].")
        return _Table(self._path, self._named(entry), value)

    def entries(self) -> tuple[str, ...]:
        """The names of what stands in it, in the order of the file."""
        return tuple(self._entries)

    def nothing_else(self) -> None:
        """Refuse what nobody has asked for."""
        for entry in self._entries.keys() - self._asked:
            self.refuse(entry, f"is not known here. Take it out, or write one of: {', '.join(sorted(self._asked))}.")

    def refuse(self, entry: str, why: str) -> NoReturn:
        """Say what is wrong with an entry."""
        raise PolicyError(self._path, f"{self._named(entry)} {why}")

    def _get(self, entry: str) -> Any:
        self._asked.add(entry)
        if entry not in self._entries:
            self.refuse(entry, "is missing. Add it.")
        return self._entries[entry]

    def _named(self, entry: str) -> str:
        return ".".join(part for part in (self._place, entry) if part)
