"""Moments, spans, money and ids as a reader sees them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import formats
from shared.reader import reading_in

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
    assert formats.day_time(late_in_utc, "UTC", NOW) == "23:30 UTC today"
    assert formats.day_time(late_in_utc, "Europe/Berlin", NOW) == "00:30 CET tomorrow"
    assert formats.day_time(NOW - timedelta(days=1), "UTC", NOW) == "12:00 UTC yesterday"
    assert formats.day_time(NOW + timedelta(days=6), "UTC", NOW) == "12:00 UTC on Mon"
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


GERMAN_MOMENTS = [
    (NOW + timedelta(hours=2), "Di., 15:00 Uhr MEZ", "heute, 15:00 Uhr MEZ"),
    (NOW + timedelta(days=1), "Mi., 13:00 Uhr MEZ", "morgen, 13:00 Uhr MEZ"),
    (NOW + timedelta(days=6), "Mo., 13:00 Uhr MEZ", "Mo., 13:00 Uhr MEZ"),
    (NOW + timedelta(days=7), "Di., 1. Dez., 13:00 Uhr MEZ", "Di., 1. Dez., 13:00 Uhr MEZ"),
    (datetime(2027, 7, 1, 12, 0, tzinfo=UTC), "1. Juli 2027, 14:00 Uhr MESZ", "1. Juli 2027, 14:00 Uhr MESZ"),
]


@pytest.mark.parametrize(("moment", "when", "day_time"), GERMAN_MOMENTS)
def test_a_german_reader_reads_moments_as_germans_write_them(moment: datetime, when: str, day_time: str) -> None:
    with reading_in("de", "Europe/Berlin"):
        assert formats.when(moment, now=NOW) == when
        assert formats.day_time(moment, now=NOW) == day_time


@pytest.mark.parametrize(
    ("length", "words", "ahead", "behind"),
    [
        (timedelta(minutes=72), "1 Std. 12 Min.", "in 1 Std. 12 Min.", "vor 1 Std. 12 Min."),
        (timedelta(days=2), "2 Tage", "in 2 Tagen", "vor 2 Tagen"),
        (timedelta(days=1, hours=3), "1 Tag 3 Std.", "in 1 Tag 3 Std.", "vor 1 Tag 3 Std."),
        (timedelta(seconds=30), "weniger als eine Minute", "in weniger als einer Minute", "gerade eben"),
    ],
)
def test_german_bends_its_days(length: timedelta, words: str, ahead: str, behind: str) -> None:
    with reading_in("de"):
        assert formats.span(length) == words
        assert formats.relative(NOW + length, NOW) == ahead
        assert formats.relative(NOW - length, NOW) == behind


@pytest.mark.parametrize(
    ("length", "english", "german"),
    [
        (timedelta(minutes=30), "within 30 minutes", "innerhalb von 30 Minuten"),
        (timedelta(hours=1), "within 1 hour", "innerhalb einer Stunde"),
        (timedelta(hours=2), "within 2 hours", "innerhalb von 2 Stunden"),
        (timedelta(minutes=90), "within 1 h 30 min", "innerhalb von 1 Std. 30 Min."),
        (timedelta(hours=24), "within 24 hours", "innerhalb von 24 Stunden"),
        (timedelta(days=2), "within 2 days", "innerhalb von 2 Tagen"),
        (timedelta(hours=50), "within 50 hours", "innerhalb von 50 Stunden"),
    ],
)
def test_the_length_of_a_promise_is_said_in_one_unit_where_it_has_one(
    length: timedelta, english: str, german: str
) -> None:
    assert formats.within(length) == english
    with reading_in("de"):
        assert formats.within(length) == german


def test_money_and_numbers_are_written_as_the_reader_does_at_home() -> None:
    with reading_in("de"):
        assert formats.money(123450, "eur") == "1.234,50\xa0€"
        assert formats.number(12480) == "12.480"
    with reading_in("pt-BR"):
        assert formats.money(4900, "usd") == "US$\xa049,00"
        assert formats.when(NOW, now=NOW) == "Tue 12:00 UTC"
    with reading_in("de-AT"):
        assert formats.money(123450, "eur") == "€\xa01.234,50"


def test_a_time_is_in_the_readers_zone_unless_another_one_is_named() -> None:
    with reading_in("en", "Asia/Tokyo"):
        assert formats.when(NOW, now=NOW) == "Tue 21:00 JST"
        assert formats.when(NOW, "Europe/Berlin", NOW) == "Tue 13:00 CET"
        assert formats.when(NOW, "nonsense", NOW) == "Tue 21:00 JST"
