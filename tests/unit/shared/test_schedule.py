"""When a sweep is due: month ends, leap years, clocks that are set, and turns that nobody may miss or have twice."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.jobs import JobMark, job
from shared.schedule import Daily, Every, Monthly, Schedule, Timetable, next_due

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

moments = st.datetimes(datetime(2023, 1, 1), datetime(2033, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
dailies = st.builds(Daily, at=times)
monthlies = st.builds(Monthly, day=st.integers(1, 31), at=times)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(st.integers(1, 100_000), moments)
def test_an_interval_is_counted_from_the_moment(seconds: int, after: datetime) -> None:
    assert next_due(Every(seconds=seconds), after) == after + timedelta(seconds=seconds)


@given(dailies, moments)
def test_a_daily_sweep_is_next_due_at_its_time_within_a_day(daily: Daily, after: datetime) -> None:
    due = next_due(daily, after)
    assert due.timetz() == daily.at.replace(tzinfo=UTC)
    assert after < due <= after + DAY


def days_of(monthly: Monthly, since: date) -> datetime:
    """The first moment on such a day, found by looking at one day after the other."""
    day = since
    while True:
        last_of_month = (day + DAY).month != day.month
        if day.day == monthly.day or (last_of_month and day.day < monthly.day):
            return datetime.combine(day, monthly.at, UTC)
        day += DAY


@given(monthlies, moments)
def test_a_monthly_sweep_is_next_due_on_the_first_such_day(monthly: Monthly, after: datetime) -> None:
    first = days_of(monthly, after.date())
    assert next_due(monthly, after) == (first if first > after else days_of(monthly, after.date() + DAY))


@given(st.one_of(dailies, monthlies), moments)
def test_a_turn_is_never_due_twice(schedule: Schedule, after: datetime) -> None:
    due = next_due(schedule, after)
    assert next_due(schedule, due) >= due + 20 * timedelta(hours=1)
    assert next_due(schedule, due - timedelta(microseconds=1)) == due


@pytest.mark.parametrize(
    ("day", "after", "due"),
    [
        (31, "2027-01-31T06:30", "2027-02-28T06:30"),
        (31, "2028-02-01T00:00", "2028-02-29T06:30"),
        (29, "2027-02-01T00:00", "2027-02-28T06:30"),
        (31, "2027-04-30T06:29", "2027-04-30T06:30"),
        (1, "2026-12-01T06:30", "2027-01-01T06:30"),
        (31, "2026-12-31T07:00", "2027-01-31T06:30"),
    ],
)
def test_the_last_day_stands_for_one_that_a_month_does_not_have(day: int, after: str, due: str) -> None:
    assert next_due(Monthly(day=day, at=time(6, 30)), at(after)) == at(due)


def test_a_time_is_utc_wherever_the_moment_was_read() -> None:
    berlin = timezone(timedelta(hours=2))
    assert next_due(Daily(at=time(6, 30)), datetime(2027, 6, 1, 8, 0, tzinfo=berlin)) == at("2027-06-01T06:30")
    with pytest.raises(ValueError, match="no zone"):
        next_due(Daily(at=time(6, 30)), datetime(2027, 6, 1, 8, 0))  # noqa: DTZ001 - what is refused


def run(timetable: Timetable, now: datetime) -> list[str]:
    turns = timetable.due(now)
    for turn in turns:
        timetable.taken(turn, now)
    return [turn.job for turn in turns]


def test_all_are_due_at_the_start_and_a_daily_one_not_again_within_its_minute() -> None:
    timetable = Timetable({"often": Every(seconds=5), "daily": Daily(at=time(6, 30))}, at("2027-06-01T06:30:20"))
    assert run(timetable, at("2027-06-01T06:30:20")) == ["often", "daily"]
    assert run(timetable, at("2027-06-01T06:30:24")) == []
    assert run(timetable, at("2027-06-01T06:30:40")) == ["often"]
    assert run(timetable, at("2027-06-02T06:30:00")) == ["often", "daily"]


def test_two_who_find_the_same_turn_call_it_by_the_same_name() -> None:
    schedules = {"often": Every(seconds=30), "daily": Daily(at=time(6, 30))}
    first, second = Timetable(schedules, at("2027-06-01T05:00")), Timetable(schedules, at("2027-06-01T05:10"))
    run(first, at("2027-06-01T05:00"))
    run(second, at("2027-06-01T05:10"))
    early = {turn.job: turn.name for turn in first.due(at("2027-06-01T06:30:00"))}
    late = {turn.job: turn.name for turn in second.due(at("2027-06-01T06:30:29"))}
    assert early == late
    assert early["daily"] == "20270601-0630"


def test_what_nobody_took_stays_due_until_somebody_does() -> None:
    timetable = Timetable({"daily": Daily(at=time(6, 30))}, at("2027-06-01T05:00"))
    run(timetable, at("2027-06-01T05:00"))
    for minute in range(30, 59):
        [turn] = timetable.due(at(f"2027-06-01T06:{minute}"))
        assert turn.name == "20270601-0630"
        assert timetable.until_next(at(f"2027-06-01T06:{minute}")) == timedelta(0)
    assert run(timetable, at("2027-06-01T06:59")) == ["daily"]
    assert timetable.until_next(at("2027-06-01T07:30")) == timedelta(hours=23)


def test_a_turn_is_worth_doing_until_the_next_one() -> None:
    timetable = Timetable({"often": Every(seconds=5), "daily": Daily(at=time(6, 30))}, at("2027-06-01T06:00"))
    assert {turn.job: turn.lasts_s for turn in timetable.due(at("2027-06-01T06:00"))} == {"often": 5, "daily": 1800}


def test_without_a_schedule_nobody_is_ever_due() -> None:
    timetable = Timetable({}, at("2027-06-01T06:00"))
    assert timetable.due(at("2027-06-01T07:00")) == []
    assert timetable.until_next(at("2027-06-01T07:00")) is None


@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=60), times)
def test_whenever_somebody_looks_each_turn_is_found_once(steps: list[int], daily_at: time) -> None:
    daily, now = Daily(at=daily_at), at("2027-02-26T00:00")
    timetable = Timetable({"daily": daily}, now)
    names = [turn.name for turn in timetable.due(now)]
    run(timetable, now)
    due = next_due(daily, now)
    for step in steps:
        now += timedelta(seconds=step)
        found = [turn.name for turn in timetable.due(now)]
        assert found == ([f"{due:%Y%m%d-%H%M}"] if now >= due else [])
        if run(timetable, now):
            names += found
            due = next_due(daily, now)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("schedule", "back", "again"),
    [
        (Daily(at=time(6, 30)), timedelta(seconds=30), []),
        (Daily(at=time(6, 30)), timedelta(hours=2), ["one"]),
        (Monthly(day=1, at=time(6, 30)), timedelta(days=40), ["one"]),
        (Every(seconds=10), timedelta(days=400), ["one"]),
    ],
)
def test_a_clock_that_was_set_back_stops_no_sweep_and_repeats_none_within_its_minute(
    schedule: Schedule, back: timedelta, again: list[str]
) -> None:
    now = at("2027-06-01T06:30")
    timetable = Timetable({"one": schedule}, now)
    run(timetable, now)
    run(timetable, now - back)
    assert run(timetable, next_due(schedule, now - back)) == again


@pytest.mark.parametrize(
    "named",
    [
        {"every_s": 5, "daily_at": "06:30"}, {"daily_at": "06:30", "monthly_on": 1}, {"every_s": 0},
        {"daily_at": "25:00"}, {"daily_at": "soon"}, {"monthly_on": 0}, {"monthly_on": 32},
    ],
    ids=str,
)  # fmt: skip
def test_a_schedule_that_makes_no_sense_is_refused_where_it_stands(named: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several sentences
        job(pool="sweep", **named)  # type: ignore[arg-type]


def test_a_job_says_its_pool_and_its_schedule() -> None:
    @job(pool="sweep", monthly_on=31, monthly_at="06:30")
    def close() -> None:
        """Close the month."""

    @job(pool="mail")
    def send() -> None:
        """Only woken."""

    assert close.job_mark == JobMark(pool="sweep", schedule=Monthly(day=31, at=time(6, 30)))  # type: ignore[attr-defined]
    assert send.job_mark == JobMark(pool="mail")  # type: ignore[attr-defined]
