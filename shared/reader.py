"""Who reads just now: in which language, by which habits of writing, in which zone. Known to pages and mails alike."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

SOURCE = "en"
"""The language in which the product is written: its words need no catalog."""
LANGUAGES = {SOURCE: "English", "de": "Deutsch"}
"""Each language by its code, and its own name for itself. One more is a line here and a catalog beside each `de.po`."""
DEFAULT_ZONE = "UTC"
_LISTED = 8  # a header may list thousands of languages; nobody reads more than a few
_LONGEST_TAG = 35  # RFC 5646, 4.4.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """A reader: the language of words and dates, the CLDR locale of numbers and amounts, the IANA zone of times.

    The locale may be of a language that we do not speak: who reads Portuguese gets English words and `49,00`.
    """

    language: str = SOURCE
    locale: str = SOURCE
    zone: str = DEFAULT_ZONE


_reader: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - frozen: nobody can change it


def reader() -> Reader:
    """Whoever reads what is worded now; English and UTC where nobody said."""
    return _reader.get()


@contextmanager
def reading_in(language: str | None, zone: str | None = None, *, locale: str | None = None) -> Iterator[Reader]:
    """Everything inside is worded for a reader of this language (`de`, `de-AT`) and IANA zone.

    Whatever was stored or sent may go in: an unknown language is English. Without a known zone the standing one stays.
    Numbers are written as the language says, or as the CLDR `locale`, where that is another one.
    """
    known = _locale(language or "") or SOURCE
    there = Reader(
        language=_language(known) if _language(known) in LANGUAGES else SOURCE,
        locale=_locale(locale or "") or known,
        zone=known_zone(zone) or reader().zone,
    )
    token = _reader.set(there)
    try:
        yield there
    finally:
        _reader.reset(token)


def preferred(accept_language: str, among: Collection[str] | None = None) -> str | None:
    """What the reader likes best of these languages, or of any, out of an Accept-Language header.

    As a CLDR locale: `de_AT`. None where nothing of it is known.
    """
    wanted = [_weighed(part) for part in accept_language.split(",", _LISTED)[:_LISTED]]
    wanted.sort(key=lambda entry: -entry[0])  # stable: of two alike the first
    known = (_locale(tag) for weight, tag in wanted if weight > 0)
    return next((found for found in known if found and (among is None or _language(found) in among)), None)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str | None) -> str | None:
    """The name itself when it is an IANA zone, else None. Whatever a browser sends may go in."""
    return name if name in _zones() else None


def _weighed(part: str) -> tuple[float, str]:
    tag, _, weight = part.partition(";")
    try:
        return float(weight.partition("=")[2] or 1), tag.strip()
    except ValueError:
        return 0.0, tag.strip()


def _language(locale: str) -> str:
    return locale.partition("_")[0]


@lru_cache(maxsize=256)
def _locale(tag: str) -> str | None:
    """The CLDR locale of a language tag: `de-at` is `de_AT`, `de-XX` is `de`; None for what CLDR does not know."""
    parts = tag[:_LONGEST_TAG].replace("-", "_").split("_")
    for name in ("_".join([parts[0].lower(), *parts[1:]]), parts[0].lower()):
        try:
            return str(Locale.parse(name))
        except (UnknownLocaleError, ValueError):
            continue
    return None
