"""Working-time arithmetic over calendars: which moment is so much working time after another.

Pure: no clock, no I/O. Spans are read on the wall clock of the calendar's zone and measured in real elapsed time, so
that an hour of a day with a change of the clocks is still an hour.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_HORIZON_DAYS = 3660
_SECOND = timedelta(seconds=1)
MIDNIGHT = time(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """When work is done: for each weekday (Monday is 0) the spans of wall-clock time in `zone`.

    A span is `(begin, end)`; an end of 00:00 means the end of that day. Spans of a day do not overlap and are in order.
    """

    zone: str
    spans: Mapping[int, tuple[tuple[time, time], ...]] = field(hash=False)

    def __post_init__(self) -> None:
        if not any(self.spans.values()):
            raise ValueError("A calendar without any working time would never be done")


AROUND_THE_CLOCK = Calendar(zone="UTC", spans=dict.fromkeys(range(7), ((MIDNIGHT, MIDNIGHT),)))


def weekdays(zone: str) -> Calendar:
    """Monday to Friday, the whole day, in that zone."""
    return Calendar(zone=zone, spans=dict.fromkeys(range(5), ((MIDNIGHT, MIDNIGHT),)))


def _intervals(calendar: Calendar, first_day: date) -> Iterator[tuple[datetime, datetime]]:
    """Working intervals in UTC from that day of the calendar's zone on, in order."""
    zone = ZoneInfo(calendar.zone)
    for offset in range(_HORIZON_DAYS):
        day = first_day + timedelta(days=offset)
        for begin, end in calendar.spans.get(day.weekday(), ()):
            end_day = day + timedelta(days=1) if end == MIDNIGHT else day
            starts = _first_shown(datetime.combine(day, begin), zone)
            ends = _first_shown(datetime.combine(end_day, end), zone)
            if starts < ends:
                yield starts, ends


def _first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which the clock of `zone` shows `wall` or later.

    A time that is shown twice counts from the first; one that the clock jumps over means the jump itself.
    """
    later = wall.replace(tzinfo=zone).astimezone(UTC)
    if later.astimezone(zone).replace(tzinfo=None) == wall:
        return later
    earlier = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # read with the offset after the jump (PEP 495)
    after = later.astimezone(zone).utcoffset()
    while later - earlier > _SECOND:
        middle = earlier + (later - earlier) // 2 // _SECOND * _SECOND
        if middle.astimezone(zone).utcoffset() == after:
            later = middle
        else:
            earlier = middle
    return later


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without a zone is no moment")
    return moment.astimezone(UTC)


def add_working(calendar: Calendar, start: datetime, duration: timedelta) -> datetime:
    """The moment (UTC) when `duration` of working time has passed since `start`.

    With no duration: `start` itself, or the next opening when it falls outside the working time.
    """
    moment, left = _aware(start), duration
    if left < timedelta(0):
        raise ValueError("A promise does not reach into the past")
    for begins, ends in _intervals(calendar, moment.astimezone(ZoneInfo(calendar.zone)).date() - timedelta(days=1)):
        if ends <= moment:
            continue
        moment = max(moment, begins)
        if left <= ends - moment:
            return moment + left
        left -= ends - moment
        moment = ends
    raise ValueError(f"{duration} of working time is more than ten years of this calendar")


def working_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two moments; nothing when the end comes first."""
    start, end = _aware(start), _aware(end)
    total = timedelta(0)
    for begins, ends in _intervals(calendar, start.astimezone(ZoneInfo(calendar.zone)).date() - timedelta(days=1)):
        if begins >= end:
            break
        total += max(timedelta(0), min(ends, end) - max(begins, start))
    return total
