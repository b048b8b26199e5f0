"""A day of the books: from midnight to midnight on the wall clock of the zone in which the books are kept."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2199, 12, 31)


def may_have_books(day: date) -> bool:
    """Whether there can be books of that day: outside, a day before or after may not exist in every zone."""
    return FIRST_DAY <= day <= LAST_DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class BookDay:
    """A day of the books, from midnight to midnight on the wall clock of `zone`."""

    day: date
    zone: str

    @property
    def begins_at(self) -> datetime:
        """The first moment of the day, in UTC."""
        return datetime.combine(self.day, wall_time(0), ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment of the next day, in UTC: a day with a change of the clocks has 23 or 25 hours."""
        return datetime.combine(self.day + timedelta(days=1), wall_time(0), ZoneInfo(self.zone)).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> BookDay:
    """The day of the books in which that moment lies."""
    return BookDay(day=moment.astimezone(ZoneInfo(zone)).date(), zone=zone)


def read_day(text: str | None) -> date | None:
    """The day that somebody wrote as 2026-11-23; None where it is none, or can have no books."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if may_have_books(day) else None
