"""How moments, spans, money and ids read, in the reader's language and zone: on pages and in mails alike."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_name
from babel.numbers import format_decimal

from shared import clock
from shared.language import N_, gettext, ngettext, npgettext, pgettext
from shared.money import Money, format_money
from shared.reader import SOURCE, known_zone, reader

_SHORT_ID_LENGTH = 14  # an id up to this length is shown whole
_SHORT_ID_TAIL = 6  # the end of an id is its random part: six of its characters tell two ids of a page apart
_MANY_DAYS = 14  # from here on, hours say nothing
_HOUR, _DAY = 60, 1440  # in minutes

# live.js writes times anew while a page stands open: these words are its words too (shared/web/live_words.py).
# Translators: 12 min
MINUTES = N_("%(minutes)s min")
HOURS = N_("%(hours)s h")
HOURS_MINUTES = N_("%(hours)s h %(minutes)s min")
# Translators: 2 days 3 h
DAYS_HOURS = N_("%(days)s %(hours)s h")
IN = N_("in %(span)s")
AGO = N_("%(span)s ago")
SOON = N_("in less than a minute")
JUST_NOW = N_("just now")
# Translators: Tue 14:05 CET, or Tue 24 Nov 14:05 CET
MOMENT = N_("%(day)s %(time)s %(zone)s")
# Translators: Tue 24 Nov
DATE = N_("%(weekday)s %(day)s %(month)s")
TODAY = N_("%(time)s %(zone)s today")
TOMORROW = N_("%(time)s %(zone)s tomorrow")
YESTERDAY = N_("%(time)s %(zone)s yesterday")
# Translators: 15:00 CET on Mon, or 15:00 CET on Tue 24 Nov
ON_A_DAY = N_("%(time)s %(zone)s on %(day)s")


def money(amount_minor: int, currency: str, locale: str | None = None) -> str:
    """Minor units as the reader writes them: `4900|money("usd")` is `$49.00`, and `49,00 $` to a German reader."""
    return format_money(Money(amount_minor, currency), locale or reader().locale)


def number(value: float, locale: str | None = None) -> str:
    """A count as the reader writes it: `12,480`."""
    return str(format_decimal(value, locale=locale or reader().locale))


def _local(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without a zone cannot be shown: pass an aware time")
    return moment.astimezone(ZoneInfo(known_zone(zone) or reader().zone))


def _zone_word(local: datetime) -> str:
    """`CET`, `MEZ`; where a zone has no letters of its own (`-03`), the distance to UTC: `UTC-3`."""
    if reader().language != SOURCE:  # CLDR's English knows no CET
        word = get_timezone_name(local, "short", locale=reader().language)
        if word[0] not in "+-":
            return word
    word = local.tzname() or "UTC"
    if word[0] not in "+-":
        return word
    hours, minutes = word[1:3], word[3:5]
    return f"UTC{word[0]}{int(hours)}" + (f":{minutes}" if minutes else "")


def _cldr(day: date, pattern: str) -> str:
    return _cldr_in(day, pattern, reader().language)


@lru_cache(maxsize=1024)  # a list of moments names few days
def _cldr_in(day: date, pattern: str, language: str) -> str:
    return str(format_date(day, pattern, locale=language))


def _day_word(day: date, today: date) -> str:
    """`Tue` within six days, `Tue 24 Nov` beyond, `24 Nov 2027` in another year."""
    weekday, month = _cldr(day, "EEE"), _cldr(day, "MMM")
    if abs((day - today).days) < 7:  # noqa: PLR2004 - seven days after Tuesday another Tuesday begins
        return weekday
    if day.year == today.year:
        return gettext(DATE, weekday=weekday, day=day.day, month=month)
    # Translators: 24 Nov 2027
    return gettext("%(day)s %(month)s %(year)s", day=day.day, month=month, year=day.year)


def when(moment: datetime, zone: str | None = None, now: datetime | None = None) -> str:
    """A moment in the reader's zone, with its name: `Tue 14:05 CET`; with the date when not within a week."""
    local = _local(moment, zone)
    day_word = _day_word(local.date(), _local(now or clock.now(), zone).date())
    return gettext(MOMENT, day=day_word, time=f"{local:%H:%M}", zone=_zone_word(local))


def day_time(moment: datetime, zone: str | None = None, now: datetime | None = None) -> str:
    """A moment as one says it: `14:05 CET today`, `09:00 CET tomorrow`, `15:00 CET on Mon`."""
    local = _local(moment, zone)
    today = _local(now or clock.now(), zone).date()
    distance = (local.date() - today).days
    words = {0: TODAY, 1: TOMORROW, -1: YESTERDAY}.get(distance, ON_A_DAY)
    return gettext(words, time=f"{local:%H:%M}", zone=_zone_word(local), day=_day_word(local.date(), today))


def day(value: datetime | date, zone: str | None = None) -> str:
    """A day with its year: `Tue 24 Nov 2026`. A moment is taken to the reader's zone first; a date stays as it is."""
    local = _local(value, zone).date() if isinstance(value, datetime) else value
    parts = {"weekday": _cldr(local, "EEE"), "day": local.day, "month": _cldr(local, "MMM"), "year": local.year}
    # Translators: Tue 24 Nov 2026
    return gettext("%(weekday)s %(day)s %(month)s %(year)s", **parts)


def _minutes(length: timedelta | float) -> int:
    return int(abs(length.total_seconds() / 60 if isinstance(length, timedelta) else length))


def days_word(count: int, *, after_preposition: bool) -> str:
    """`2 days`. Several languages bend the word behind "in", "ago" or "within": `vor 2 Tagen`, but `2 Tage`."""
    if after_preposition:
        return npgettext("after in, ago, within", "%(num)s day", "%(num)s days", count)
    return ngettext("%(num)s day", "%(num)s days", count)


def span(length: timedelta | float, *, after_preposition: bool = False) -> str:
    """A length of time (a timedelta, or minutes as a number): `1 h 12 min`, `2 days 3 h`; live.js counts the same.

    `after_preposition`: it stands behind a word such as "in", for which `days_word` has the reason.
    """
    whole = _minutes(length)
    days, hours, minutes = whole // _DAY, whole // _HOUR % 24, whole % _HOUR
    if whole < 1:
        if after_preposition:
            return pgettext("after in, ago, within", "less than a minute")
        return gettext("less than a minute")
    if days:
        words = days_word(days, after_preposition=after_preposition)
        return words if days >= _MANY_DAYS or not hours else gettext(DAYS_HOURS, days=words, hours=hours)
    if hours:
        return gettext(HOURS_MINUTES, hours=hours, minutes=minutes) if minutes else gettext(HOURS, hours=hours)
    return gettext(MINUTES, minutes=minutes)


def within(length: timedelta | float) -> str:
    """A promise's length: `within 2 hours`, `within 30 minutes`, `within 2 days`, `within 1 h 30 min`."""
    minutes = _minutes(length)
    if minutes >= 2 * _DAY and not minutes % _DAY:  # one day is said as 24 hours: it does not end at midnight
        return ngettext("within %(num)s day", "within %(num)s days", minutes // _DAY)
    if minutes >= _HOUR and not minutes % _HOUR:
        return ngettext("within %(num)s hour", "within %(num)s hours", minutes // _HOUR)
    if minutes < _HOUR:
        return ngettext("within %(num)s minute", "within %(num)s minutes", minutes)
    return gettext("within %(span)s", span=span(length, after_preposition=True))


def relative(moment: datetime, now: datetime | None = None) -> str:
    """How far a moment is: `in 1 h 12 min`, `12 min ago`. Rounded down: it never says more time than there is."""
    distance = moment - (now or clock.now())
    if abs(distance) < timedelta(minutes=1):
        return gettext(SOON if distance > timedelta() else JUST_NOW)
    return gettext(IN if distance > timedelta() else AGO, span=span(distance, after_preposition=True))


def iso(moment: datetime) -> str:
    """The moment in UTC for a `datetime` attribute, to the second: `2026-11-24T13:05:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def short_id(identifier: str) -> str:
    """An id that fits a table: its prefix and its end, `ord_…x7k2pq`. Show it by the macro `copy_id`."""
    if len(identifier) <= _SHORT_ID_LENGTH:
        return identifier
    prefix = identifier.rpartition("_")[0]
    return f"{prefix}_…{identifier[-_SHORT_ID_TAIL:]}" if prefix else f"…{identifier[-_SHORT_ID_TAIL:]}"
