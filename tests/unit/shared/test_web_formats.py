"""Moments, spans, money and ids as a reader sees them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from shared.web import formats

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday; in Berlin it is 13:00


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.5, "less than a minute"),
        (1, "1 min"),
        (59.9, "59 min"),
        (60, "1 h"),
        (72, "1 h 12 min"),
        (24 * 60, "1 day"),
        (27 * 60 + 30, "1 day 3 h"),
        (48 * 60, "2 days"),
        (20 * 24 * 60 + 300, "20 days"),
    ],
)
def test_a_span_is_said_in_two_units_at_most(minutes: float, words: str) -> None:
    assert formats.span(minutes) == words
    assert formats.span(timedelta(minutes=minutes)) == words


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(minutes=72, seconds=59), "in 1 h 12 min"),
        (timedelta(seconds=30), "in less than a minute"),
        (timedelta(seconds=-30), "just now"),
        (timedelta(minutes=-12), "12 min ago"),
    ],
)
def test_a_distance_in_time_reads_as_one_says_it(distance: timedelta, words: str) -> None:
    assert formats.relative(NOW + distance, NOW) == words


@given(st.integers(min_value=60, max_value=10_000_000))
def test_a_countdown_never_says_more_time_than_there_is(seconds: int) -> None:
    units = {"min": 60, "h": 3600, "day": 86400, "days": 86400}
    said = formats.relative(NOW + timedelta(seconds=seconds), NOW).removeprefix("in ").split()
    assert sum(int(count) * units[unit] for count, unit in zip(said[::2], said[1::2], strict=True)) <= seconds


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (NOW + timedelta(hours=2), "Europe/Berlin", "Tue 15:00 CET"),
        (NOW + timedelta(hours=2), "America/New_York", "Tue 09:00 EST"),
        (NOW + timedelta(hours=2), "America/Sao_Paulo", "Tue 11:00 UTC-3"),
        (NOW + timedelta(hours=2), "Asia/Kathmandu", "Tue 19:45 UTC+5:45"),
        (NOW + timedelta(days=6), "Europe/Berlin", "Mon 13:00 CET"),
        (NOW + timedelta(days=7), "Europe/Berlin", "Tue 1 Dec 13:00 CET"),
        (NOW - timedelta(days=7), "Europe/Berlin", "Tue 17 Nov 13:00 CET"),
        (datetime(2027, 7, 1, 12, 0, tzinfo=UTC), "Europe/Berlin", "1 Jul 2027 14:00 CEST"),
    ],
)
def test_a_moment_is_shown_in_the_readers_zone_with_the_zones_name(moment: datetime, zone: str, words: str) -> None:
    assert formats.when(moment, zone, NOW) == words


def test_the_day_is_the_readers_and_not_the_servers() -> None:
    late_in_utc = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert formats.day_time(late_in_utc, "UTC", NOW) == "23:30 today"
    assert formats.day_time(late_in_utc, "Europe/Berlin", NOW) == "00:30 tomorrow"
    assert formats.day_time(NOW - timedelta(days=1), "UTC", NOW) == "12:00 yesterday"
    assert formats.day_time(NOW + timedelta(days=6), "UTC", NOW) == "12:00 on Mon"
    assert formats.day(late_in_utc, "Europe/Berlin") == "Wed 25 Nov 2026"
    assert formats.day(date(2026, 11, 24)) == "Tue 24 Nov 2026"


def test_a_time_without_a_zone_is_a_mistake_and_not_shown() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        formats.when(NOW.replace(tzinfo=None), "UTC", NOW)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "locale", "words"),
    [
        (4900, "usd", "en_US", "$49.00"),
        (4900, "usd", "de_DE", "49,00\xa0$"),
        (7500, "jpy", "en_US", "¥7,500"),
        (-4900, "eur", "en_US", "-€49.00"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(amount_minor: int, currency: str, locale: str, words: str) -> None:
    assert formats.money(amount_minor, currency, locale) == words


@pytest.mark.parametrize(
    ("identifier", "short"),
    [
        ("ord_06c5h2abcdefghijklmnopqrst", "ord_…opqrst"),
        ("cs_test_06c5h2abcdefghijklmnop", "cs_test_…klmnop"),
        ("06c5h2abcdefghijklmnopqrst", "…opqrst"),
        ("ord_1", "ord_1"),
    ],
)
def test_a_long_id_is_shown_by_its_prefix_and_its_end(identifier: str, short: str) -> None:
    assert formats.short_id(identifier) == short


@pytest.mark.parametrize(
    ("passed", "met_after", "state", "words", "percent"),
    [
        (0, None, "calm", "on time", 0),
        (89, None, "calm", "on time", 74),
        (90, None, "near", "due soon", 75),
        (119.9, None, "near", "due soon", 100),
        (120, None, "late", "late", 100),
        (500, None, "late", "late", 100),
        (500, 48, "met", "answered in 48 min", 40),
        (500, 120, "met", "answered in 2 h", 100),
        (500, 132, "missed", "answered 12 min late", 100),
    ],
)
def test_a_promise_is_calm_then_near_then_late_and_stays_what_it_became(
    passed: float, met_after: float | None, state: str, words: str, percent: int
) -> None:
    met_at = None if met_after is None else NOW + timedelta(minutes=met_after)
    due = formats.due_state(NOW + timedelta(hours=2), NOW, NOW + timedelta(minutes=passed), met_at)
    assert (due.state, due.words, due.percent) == (state, words, percent)


def test_zone_and_language_come_from_the_readers_browser_and_nonsense_is_ignored() -> None:
    app = Flask(__name__)
    with app.test_request_context(headers={"Cookie": "zone=Europe/Berlin", "Accept-Language": "xx-YY,de-DE;q=0.9"}):
        assert formats.reader_zone() == "Europe/Berlin"
        assert formats.reader_locale() == "de_DE"
    for sent in ("../../etc/passwd", "America", "", "x" * 4000):
        with app.test_request_context(headers={"Cookie": f"zone={sent}", "Accept-Language": "\x7f,*"}):
            assert formats.reader_zone() == "UTC"
            assert formats.reader_locale() == "en_US"
    assert formats.reader_zone("Asia/Tokyo") == "Asia/Tokyo"


def test_a_field_shows_the_first_of_its_messages() -> None:
    assert formats.message_of({"email": ["No address.", "Too long."]}, "email") == "No address."
    assert formats.message_of({"email": "No address."}, "email") == "No address."
    assert formats.message_of({"email": []}, "email") is None
    assert formats.message_of(None, "email") is None
