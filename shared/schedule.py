"""When a sweep is due: schedules in UTC and the arithmetic of their next turn, without a clock of its own."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import assert_never

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Every:
    """Again after so many seconds."""

    seconds: int

    def __post_init__(self) -> None:
        if self.seconds < 1:
            raise ValueError(f"A sweep needs at least a second between its turns, not {self.seconds}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Daily:
    """Each day at that time."""

    at: time


@dataclass(frozen=True, kw_only=True, slots=True)
class Monthly:
    """Each month on that day, on the last one where the month is shorter, at that time."""

    day: int
    at: time

    def __post_init__(self) -> None:
        if not 1 <= self.day <= 31:  # noqa: PLR2004 - the longest month
            raise ValueError(f"No month has a day {self.day}")


Schedule = Every | Daily | Monthly


def schedule(*, every_s: int | None, daily_at: str | None, monthly_on: int | None, monthly_at: str) -> Schedule | None:
    """The schedule that a job names; None for one that is only woken. A time is written "06:30"."""
    named = [name for name in (every_s, daily_at, monthly_on) if name is not None]
    if len(named) > 1:
        raise ValueError("A job has one schedule: every_s, daily_at or monthly_on")
    if every_s is not None:
        return Every(seconds=every_s)
    if daily_at is not None:
        return Daily(at=_time(daily_at))
    if monthly_on is not None:
        return Monthly(day=monthly_on, at=_time(monthly_at))
    return None


def _time(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


def next_due(wanted: Schedule, after: datetime) -> datetime:
    """Its first turn later than that moment (aware), in UTC."""
    after = _in_utc(after)
    match wanted:
        case Every(seconds=seconds):
            return after + timedelta(seconds=seconds)
        case Daily(at=at):
            due = datetime.combine(after.date(), at, UTC)
            return due if due > after else due + timedelta(days=1)
        case Monthly():
            due = _in_month(wanted, after.year, after.month)
            if due <= after:
                due = _in_month(wanted, after.year + after.month // 12, after.month % 12 + 1)
            return due
        case _:
            assert_never(wanted)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} says no zone")
    return moment.astimezone(UTC)


def _in_month(wanted: Monthly, year: int, month: int) -> datetime:
    last = calendar.monthrange(year, month)[1]
    return datetime.combine(datetime(year, month, min(wanted.day, last), tzinfo=UTC), wanted.at, UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A sweep that is due. `name` is the same for whoever finds the same turn; it is worth doing for that long."""

    job: str
    name: str
    lasts_s: int


class Timetable:
    """Who is due: all at first, as nobody knows what was missed, then each by its schedule."""

    def __init__(self, schedules: Mapping[str, Schedule], now: datetime) -> None:
        self._schedules = dict(schedules)
        self._due = dict.fromkeys(schedules, _in_utc(now))

    def due(self, now: datetime) -> list[Turn]:
        """The turns that have come and that nobody has taken yet."""
        for job, wanted in self._schedules.items():
            if self._due[job] - now > _longest_gap(wanted):  # somebody has set the clock back
                self._due[job] = next_due(wanted, now)
        return [self._turn(job, due, now) for job, due in self._due.items() if due <= now]

    def _turn(self, job: str, due: datetime, now: datetime) -> Turn:
        wanted = self._schedules[job]
        lasts = next_due(wanted, now) - now
        match wanted:
            case Every(seconds=seconds):
                name = str(int(now.timestamp()) // seconds)
            case _:
                name = f"{due:%Y%m%d-%H%M}"
        return Turn(job=job, name=name, lasts_s=max(1, round(lasts.total_seconds())))

    def taken(self, turn: Turn, now: datetime) -> None:
        """That turn has been woken; the next is a later one."""
        self._due[turn.job] = next_due(self._schedules[turn.job], now)

    def until_next(self, now: datetime) -> timedelta | None:
        """How long nobody is due; None where there is no schedule."""
        first = min(self._due.values(), default=None)
        return None if first is None else max(timedelta(0), first - now)


def _longest_gap(wanted: Schedule) -> timedelta:
    """No turn is farther away. The minute more: a clock that goes back a little must not bring a turn twice."""
    match wanted:
        case Every(seconds=seconds):
            return timedelta(seconds=seconds)
        case Daily():
            return timedelta(days=1) + _MINUTE
        case Monthly():
            return timedelta(days=31) + _MINUTE
        case _:
            assert_never(wanted)
