"""The policy: what each response class promises, and by which calendar. Versioned; a decision names its version."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.worktime import AROUND_THE_CLOCK, Calendar, add_working, weekdays


class ResponseClass(StrEnum):
    """How soon a person answers."""

    PREMIUM = "premium"
    """Paid for: two hours."""
    STANDARD = "standard"
    """Everybody: a day."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One promise of a policy: so much working time of a calendar until the first answer."""

    working_time: timedelta
    calendar_id: str
    calendar_name: str
    calendar: Calendar

    def respond_by(self, start: datetime) -> datetime:
        """When a person has answered at the latest, for a clock that starts then (UTC)."""
        return add_working(self.calendar, start, self.working_time)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The targets of each class under one version."""

    version: str
    targets: dict[ResponseClass, Target]

    def target(self, response_class: ResponseClass) -> Target:
        """What that class promises."""
        return self.targets[response_class]


POLICY = Policy(
    version="2026-11",
    targets={
        ResponseClass.PREMIUM: Target(
            working_time=timedelta(hours=2),
            calendar_id="around-the-clock",
            calendar_name="around the clock, every day",
            calendar=AROUND_THE_CLOCK,
        ),
        ResponseClass.STANDARD: Target(
            working_time=timedelta(hours=24),
            calendar_id="weekdays",
            calendar_name="Monday to Friday",
            calendar=weekdays("Europe/Berlin"),
        ),
    },
)
