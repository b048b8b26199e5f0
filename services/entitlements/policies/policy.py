"""The policy: which response classes there are, what each promises, by which calendar. A decision names its version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.worktime import Calendar, add_working


class TakenBy(StrEnum):
    """Which agents take the tickets of a class first."""

    SENIOR = "senior"
    """Senior agents take them before anything else."""
    EVERYBODY = "everybody"
    """Any agent takes them."""


@dataclass(frozen=True, kw_only=True)
class NamedCalendar:
    """When the working time of a promise runs, with its names by language; English always."""

    id: str
    names: Mapping[str, str] = field(hash=False)
    hours: Calendar


@dataclass(frozen=True, kw_only=True)
class ResponseClass:
    """A class of promises: so much working time of a calendar until a person has answered."""

    id: str
    rank: int
    taken_by: TakenBy
    names: Mapping[str, str] = field(hash=False)
    sentences: Mapping[str, str] = field(hash=False)
    target: timedelta
    calendar: NamedCalendar

    def respond_by(self, start: datetime) -> datetime:
        """When a person has answered at the latest, for a clock that starts then (UTC)."""
        return add_working(self.calendar.hours, start, self.target)

    @property
    def target_minutes(self) -> int:
        """The promised working time in minutes."""
        return round(self.target.total_seconds() / 60)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The classes under one version, the best first; no two have one rank."""

    version: str
    classes: tuple[ResponseClass, ...]

    @property
    def for_everybody(self) -> ResponseClass:
        """What a ticket carries for which nothing pays: the class of the lowest rank."""
        return self.classes[-1]

    def find(self, class_id: str) -> ResponseClass | None:
        """The class of that id, if the policy has it."""
        return next((one for one in self.classes if one.id == class_id), None)

    def in_place_of(self, class_id: str, rank: int) -> ResponseClass:
        """The class that was bought; where the policy no longer has it, the nearest that does not stand above it."""
        at_most = (one for one in self.classes if one.rank <= rank)
        return self.find(class_id) or next(at_most, self.for_everybody)
