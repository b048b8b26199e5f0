"""Working time, against an oracle that walks minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.worktime import AROUND_THE_CLOCK, MIDNIGHT, Calendar, add_working, weekdays, working_between

MINUTE = timedelta(minutes=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata", "UTC")
CLOCK_CHANGES = (
    date(2026, 3, 8),  # New York and Havana, forward
    date(2026, 3, 29),  # Berlin, forward
    date(2026, 4, 5),  # Lord Howe, half an hour back
    date(2026, 10, 4),  # Lord Howe, half an hour forward
    date(2026, 10, 25),  # Berlin, back
    date(2026, 11, 1),  # New York and Havana, back
)
EDGES = st.integers(0, 1439) | st.integers(0, 200)  # the small hours, in which clocks change, twice as often
NIGHTS = {day: ((MIDNIGHT, time(6)), (time(22), MIDNIGHT)) if day else ((time(22), MIDNIGHT),) for day in range(5)} | {
    5: ((MIDNIGHT, time(6)),)
}
SHOP = dict.fromkeys(range(5), ((time(9), time(12, 30)), (time(13, 30), time(18))))


@cache
def wall_clock(zone: str, first: date) -> tuple[tuple[datetime, date, time], ...]:
    """Every minute (UTC) of eighteen days with the day and the latest time that the clock of `zone` has shown on it.

    An hour that is shown twice keeps the latest time that was shown: a span is worked in one piece.
    """
    shown: dict[date, time] = {}
    minutes = []
    for number in range(18 * 1440):
        minute = datetime.combine(first, MIDNIGHT, UTC) + number * MINUTE
        wall = minute.astimezone(ZoneInfo(zone))
        shown[wall.date()] = max(shown.get(wall.date(), MIDNIGHT), wall.time())
        minutes.append((minute, wall.date(), shown[wall.date()]))
    return tuple(minutes)


def working_minutes(calendar: Calendar, first: date) -> list[datetime]:
    """The minutes that are worked, from two days after `first` on (before, the clock's day may have begun unseen)."""
    return [
        minute
        for minute, day, shown in wall_clock(calendar.zone, first)
        if any(
            begin <= shown and (end == MIDNIGHT or shown < end) for begin, end in calendar.spans.get(day.weekday(), ())
        )
    ]


@st.composite
def calendars(draw: st.DrawFn, zones: tuple[str, ...] = ZONES) -> Calendar:
    spans, minutes = {}, 0
    for day in draw(st.sets(st.integers(0, 6), min_size=2)):
        edges = sorted(draw(st.sets(EDGES, min_size=2, max_size=6)))
        if len(edges) % 2:
            edges.append(1440)
        times = [time(edge // 60, edge % 60) if edge < 1440 else MIDNIGHT for edge in edges]
        spans[day] = tuple(zip(times[::2], times[1::2], strict=True))
        minutes += sum(edges[1::2]) - sum(edges[::2])
    assume(minutes >= 60)
    return Calendar(zone=draw(st.sampled_from(zones)), spans=spans)


@st.composite
def moments_around_a_change(draw: st.DrawFn) -> datetime:
    day = draw(st.sampled_from(CLOCK_CHANGES))
    return datetime.combine(day, MIDNIGHT, UTC) + draw(st.integers(-4_000, 2_000)) * MINUTE


def before(moment: datetime) -> date:
    """A Monday some days before, so that the oracle's walks are few."""
    return (moment - timedelta(days=moment.weekday() + 7)).date()


MOMENTS = moments_around_a_change()


@given(calendars(), MOMENTS, st.integers(0, 4_000))
def test_the_time_worked_between_two_moments_is_what_the_oracle_counts(
    calendar: Calendar, start: datetime, length: int
) -> None:
    end = start + length * MINUTE
    worked = [minute for minute in working_minutes(calendar, before(start)) if start <= minute < end]
    assert working_between(calendar, start, end) == len(worked) * MINUTE


@given(calendars(), MOMENTS, st.integers(1, 900))
def test_a_promise_ends_with_the_last_minute_that_the_oracle_counts(
    calendar: Calendar, start: datetime, length: int
) -> None:
    worked = [minute for minute in working_minutes(calendar, before(start)) if minute >= start][:length]
    assume(worked)
    assert add_working(calendar, start, len(worked) * MINUTE) == worked[-1] + MINUTE


@given(calendars(), MOMENTS, st.integers(0, 2_000))
def test_the_time_worked_until_a_promise_ends_is_the_time_promised(
    calendar: Calendar, start: datetime, length: int
) -> None:
    assert working_between(calendar, start, add_working(calendar, start, length * MINUTE)) == length * MINUTE


@given(calendars(), MOMENTS, st.integers(0, 2_000), st.integers(0, 2_000))
def test_a_later_start_or_a_longer_promise_never_ends_earlier(
    calendar: Calendar, start: datetime, later: int, length: int
) -> None:
    due = add_working(calendar, start, length * MINUTE)
    assert due <= add_working(calendar, start + later * MINUTE, length * MINUTE)
    assert due <= add_working(calendar, start, (length + 1) * MINUTE)


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_24_hours_on_weekdays_lead_from_friday_afternoon_to_monday_afternoon() -> None:
    start = at("Europe/Berlin", "2026-11-20T15:00")
    assert add_working(weekdays("Europe/Berlin"), start, timedelta(hours=24)) == at("Europe/Berlin", "2026-11-23T15:00")


def test_24_hours_asked_for_on_a_saturday_end_with_monday() -> None:
    start = at("Europe/Berlin", "2026-11-21T11:00")
    assert add_working(weekdays("Europe/Berlin"), start, timedelta(hours=24)) == at("Europe/Berlin", "2026-11-24T00:00")


@pytest.mark.parametrize("zone", ZONES)
def test_around_the_clock_two_hours_are_two_hours_also_when_the_clocks_change(zone: str) -> None:
    for day in CLOCK_CHANGES:
        start = datetime.combine(day, time(1, 30), ZoneInfo(zone))
        assert add_working(AROUND_THE_CLOCK, start, timedelta(hours=2)) - start.astimezone(UTC) == timedelta(hours=2)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
    ],
)
def test_a_day_with_a_change_of_the_clocks_is_as_long_as_it_is(zone: str, day: str, hours: float) -> None:
    calendar = Calendar(zone=zone, spans=dict.fromkeys(range(7), ((MIDNIGHT, MIDNIGHT),)))
    begin = at(zone, f"{day}T00:00")
    assert working_between(calendar, begin, begin + timedelta(days=1)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-11-23", 8), ("2026-03-27", 8), ("2026-03-28", 0), ("2026-10-24", 0), ("2026-10-23", 8)]
)
def test_a_night_shift_runs_through_midnight(day: str, hours: int) -> None:
    calendar = Calendar(zone="Europe/Berlin", spans=NIGHTS)
    noon = at("Europe/Berlin", f"{day}T12:00")
    assert working_between(calendar, noon, noon + timedelta(days=1)) == timedelta(hours=hours)
    if hours:
        assert add_working(calendar, noon, timedelta(hours=7)) == at("Europe/Berlin", f"{day}T12:00") + timedelta(
            hours=17
        )


def test_a_night_shift_over_the_change_of_the_clocks_is_an_hour_shorter_or_longer() -> None:
    calendar = Calendar(
        zone="Europe/Berlin", spans=dict.fromkeys(range(7), ((MIDNIGHT, time(6)), (time(22), MIDNIGHT)))
    )
    for evening, hours in (("2026-03-28", 7), ("2026-10-24", 9)):
        noon = at("Europe/Berlin", f"{evening}T12:00")
        assert working_between(calendar, noon, noon + timedelta(days=1)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "begin", "end", "hours"),
    [
        ("2026-03-29", time(0), time(2, 30), 2),  # 02:30 is jumped over: the span ends with the jump
        ("2026-03-29", time(2, 30), time(6), 3),  # and one that would begin then begins with it
        ("2026-03-29", time(2, 10), time(2, 50), 0),
        ("2026-10-25", time(0), time(2, 30), 2.5),  # 02:30 is shown twice: the first counts
        ("2026-10-25", time(2, 30), time(6), 4.5),
    ],
)
def test_a_span_that_ends_or_begins_where_the_clock_jumps_is_as_long_as_it_is(
    day: str, begin: time, end: time, hours: float
) -> None:
    calendar = Calendar(zone="Europe/Berlin", spans={6: ((begin, end),)})
    midnight = at("Europe/Berlin", f"{day}T00:00")
    assert working_between(calendar, midnight, midnight + timedelta(days=1)) == timedelta(hours=hours)


def test_the_lunch_break_is_not_worked() -> None:
    calendar = Calendar(zone="Europe/Berlin", spans=SHOP)
    start = at("Europe/Berlin", "2026-11-23T12:00")
    assert add_working(calendar, start, timedelta(hours=1)) == at("Europe/Berlin", "2026-11-23T14:00")
    assert add_working(calendar, start, timedelta(minutes=30)) == at("Europe/Berlin", "2026-11-23T12:30")
    assert add_working(calendar, start, timedelta(hours=8)) == at("Europe/Berlin", "2026-11-24T12:00")


def test_a_promise_of_nothing_is_due_at_once_or_at_the_next_opening() -> None:
    calendar = Calendar(zone="Europe/Berlin", spans=SHOP)
    inside, outside = at("Europe/Berlin", "2026-11-23T10:00"), at("Europe/Berlin", "2026-11-21T10:00")
    assert add_working(calendar, inside, timedelta(0)) == inside
    assert add_working(calendar, outside, timedelta(0)) == at("Europe/Berlin", "2026-11-23T09:00")


def test_nothing_is_worked_backwards() -> None:
    moment = at("Europe/Berlin", "2026-11-23T10:00")
    assert working_between(AROUND_THE_CLOCK, moment, moment - timedelta(hours=1)) == timedelta(0)
    with pytest.raises(ValueError, match="into the past"):
        add_working(AROUND_THE_CLOCK, moment, -timedelta(minutes=1))


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 - that is the mistake
    with pytest.raises(ValueError, match="without a zone"):
        add_working(AROUND_THE_CLOCK, naive, timedelta(hours=1))
    with pytest.raises(ValueError, match="without a zone"):
        working_between(AROUND_THE_CLOCK, naive, naive)


def test_a_calendar_without_working_time_and_a_promise_of_centuries_are_refused() -> None:
    with pytest.raises(ValueError, match="without any working time"):
        Calendar(zone="UTC", spans={0: ()})
    with pytest.raises(ValueError, match="ten years"):
        add_working(AROUND_THE_CLOCK, at("UTC", "2026-11-23T10:00"), timedelta(days=36_600))
