"""How moments, spans, money and ids read on a page: the filters that all templates share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Flask, has_request_context, request

from shared import clock
from shared.money import Money, format_money

ZONE_COOKIE = "zone"  # live.js writes the browser's IANA zone into it
DEFAULT_ZONE = "UTC"
DEFAULT_LOCALE = "en_US"
NEAR_SHARE = 0.75  # the last quarter of a promise is "near"
_SHORT_ID_LENGTH = 14  # an id up to this length is shown whole
_SHORT_ID_TAIL = 6  # the end of an id is its random part: six of its characters tell two ids of a page apart
_ACCEPTED_LANGUAGES = 5  # a header may list thousands; nobody reads more than a few languages
_MANY_DAYS = 14  # from here on, hours say nothing

DueState = Literal["calm", "near", "late", "met", "missed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """How a promise stands: its state, the state in words, and the percentage of its time that is used (0 to 100)."""

    state: DueState
    words: str
    percent: int


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str | None) -> str | None:
    """The name itself when it is an IANA zone, else None. Whatever a browser sends may go in."""
    return name if name in _zones() else None


def reader_zone(sent: str | None = None) -> str:
    """The IANA zone of whoever reads the page: what was sent, else the browser's cookie, else UTC."""
    if sent is None and has_request_context():
        sent = request.cookies.get(ZONE_COOKIE)
    return known_zone(sent) or DEFAULT_ZONE


def reader_locale() -> str:
    """The first language of the browser's list that CLDR knows, such as `de_DE`: decides how numbers are written."""
    wanted = list(request.accept_languages.values())[:_ACCEPTED_LANGUAGES] if has_request_context() else []
    for language in wanted:
        try:
            return str(Locale.parse(language, sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return DEFAULT_LOCALE


def money(amount_minor: int, currency: str, locale: str | None = None) -> str:
    """Minor units as the reader writes them: `4900|money("usd")` is `$49.00`, and `49,00 $` to a German reader."""
    return format_money(Money(amount_minor, currency), locale or reader_locale())


def number(value: float, locale: str | None = None) -> str:
    """A count as the reader writes it: `12,480`."""
    return str(format_decimal(value, locale=locale or reader_locale()))


def plural(count: int, one: str, many: str | None = None) -> str:
    """`2|plural("incident")` is `2 incidents`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def _local(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without a zone cannot be shown: pass an aware time")
    return moment.astimezone(ZoneInfo(known_zone(zone) or reader_zone()))


def _zone_word(local: datetime) -> str:
    """`CET`; where a zone has no letters of its own (`-03`), the distance to UTC: `UTC-3`."""
    word = local.tzname() or DEFAULT_ZONE
    if word[0] not in "+-":
        return word
    hours, minutes = word[1:3], word[3:5]
    return f"UTC{word[0]}{int(hours)}" + (f":{minutes}" if minutes else "")


def _day_word(day: date, today: date) -> str:
    """`Tue` within six days, `24 Nov` beyond, with the year where it is another one."""
    if abs((day - today).days) < 7:  # noqa: PLR2004 - seven days after Tuesday another Tuesday begins
        return str(format_date(day, "EEE", locale="en"))
    return str(format_date(day, "EEE d MMM" if day.year == today.year else "d MMM y", locale="en"))


def when(moment: datetime, zone: str | None = None, now: datetime | None = None) -> str:
    """A moment in the reader's zone, with its name: `Tue 14:05 CET`; with the date when not within a week."""
    local = _local(moment, zone)
    today = _local(now or clock.now(), zone).date()
    return f"{_day_word(local.date(), today)} {local:%H:%M} {_zone_word(local)}"


def day_time(moment: datetime, zone: str | None = None, now: datetime | None = None) -> str:
    """A moment as one says it: `14:05 today`, `09:00 tomorrow`, `15:00 on Mon`; without the zone's name."""
    local = _local(moment, zone)
    today = _local(now or clock.now(), zone).date()
    words = {today: "today", today + timedelta(days=1): "tomorrow", today - timedelta(days=1): "yesterday"}
    return f"{local:%H:%M} {words.get(local.date()) or 'on ' + _day_word(local.date(), today)}"


def day(value: datetime | date, zone: str | None = None) -> str:
    """A day with its year: `Tue 24 Nov 2026`. A moment is taken to the reader's zone first; a date stays as it is."""
    local = _local(value, zone).date() if isinstance(value, datetime) else value
    return str(format_date(local, "EEE d MMM y", locale="en"))


def span(length: timedelta | float) -> str:
    """A length of time (a timedelta, or minutes as a number): `1 h 12 min`, `2 days 3 h`; live.js counts the same."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length * 60
    minutes = int(abs(seconds) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if minutes < 1:
        return "less than a minute"
    if days >= _MANY_DAYS or (days and not hours):
        return f"{days} day{'s' if days > 1 else ''}"
    if days:
        return f"{days} day{'s' if days > 1 else ''} {hours} h"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min"


def relative(moment: datetime, now: datetime | None = None) -> str:
    """How far a moment is: `in 1 h 12 min`, `12 min ago`. Rounded down: it never says more time than there is."""
    distance = moment - (now or clock.now())
    if abs(distance) < timedelta(minutes=1):
        return "in less than a minute" if distance > timedelta() else "just now"
    return f"in {span(distance)}" if distance > timedelta() else f"{span(distance)} ago"


def iso(moment: datetime) -> str:
    """The moment in UTC for a `datetime` attribute, to the second: `2026-11-24T13:05:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def short_id(identifier: str) -> str:
    """An id that fits a table: its prefix and its end, `ord_…x7k2pq`. Show it by the macro `copy_id`."""
    if len(identifier) <= _SHORT_ID_LENGTH:
        return identifier
    prefix = identifier.rpartition("_")[0]
    return f"{prefix}_…{identifier[-_SHORT_ID_TAIL:]}" if prefix else f"…{identifier[-_SHORT_ID_TAIL:]}"


def due_state(
    respond_by: datetime, started_at: datetime, now: datetime | None = None, met_at: datetime | None = None
) -> Due:
    """How a promise stands at `now`, or how it was kept once it is met. The same words as live.js writes."""
    whole = max((respond_by - started_at).total_seconds(), 1.0)
    share = ((met_at or now or clock.now()) - started_at).total_seconds() / whole
    percent = round(min(max(share, 0.0), 1.0) * 100)
    if met_at is not None:
        if met_at <= respond_by:
            return Due(state="met", words=f"answered in {span(met_at - started_at)}", percent=percent)
        return Due(state="missed", words=f"answered {span(met_at - respond_by)} late", percent=percent)
    if share >= 1:
        return Due(state="late", words="late", percent=percent)
    if share >= NEAR_SHARE:
        return Due(state="near", words="due soon", percent=percent)
    return Due(state="calm", words="on time", percent=percent)


def message_of(errors: Mapping[str, object] | None, name: str) -> str | None:
    """The first message for a field out of a form's errors, whether they are texts or lists of texts."""
    found = (errors or {}).get(name)
    if isinstance(found, (list, tuple)):
        found = found[0] if found else None
    return None if found is None else str(found)


def register(app: Flask) -> None:
    """Gives the filters and globals of this module to every template of the app."""
    filters = (money, number, plural, when, day_time, day, span, relative, iso, short_id)
    app.jinja_env.filters.update({function.__name__: function for function in filters})
    app.jinja_env.globals.update(
        due_state=due_state, message_of=message_of, reader_zone=reader_zone, right_now=clock.now
    )
