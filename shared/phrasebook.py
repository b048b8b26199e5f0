"""How stored sentences read: the words for each code, in the language and the zone of whoever reads them now."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from shared import formats
from shared.language import gettext, ngettext
from shared.money import Money
from shared.reader import SOURCE, reader
from shared.sentences import Sentence, Words
from shared.telemetry import get_logger

log = get_logger()


class Plural(NamedTuple):
    """A message in two forms; the parameter `num` decides. Marked for the catalogs by its name, as `N_` is."""

    one: str
    many: str


Phrase = str | Plural


class Phrasebook:
    """The phrases of a room by the codes of its sentences: `Phrasebook({"paid": N_("You paid %(price)s.")})`.

    A parameter is written by what it is: a moment as `when`, a length as `span`, an amount as money. A phrase, and each
    translation for itself, may ask for another form: `%(respond_by|day_time)s`, `%(target|within)s`; see `FORMS`.
    """

    def __init__(self, phrases: Mapping[str, Phrase]) -> None:
        self.phrases = dict(phrases)

    def __or__(self, other: "Phrasebook") -> "Phrasebook":
        """Both together, for a page that shows the lines of several rooms. A code means one thing only."""
        if twice := self.phrases.keys() & other.phrases.keys():
            raise ValueError(f"Two rooms use the same code: {', '.join(sorted(twice))}")
        return Phrasebook(self.phrases | other.phrases)

    def show(self, sentence: Sentence, *, zone: str | None = None, now: datetime | None = None) -> str:
        """The sentence as plain text. One that has no words here, or no longer its parameters, is told and logged."""
        phrase = self.phrases.get(sentence.code)
        if phrase is None:
            log.error("a sentence has no words", code=sentence.code)
        else:
            try:
                return worded(phrase, sentence.parameters, zone=zone, now=now)
            except Exception as error:  # what was stored years ago never takes its page down
                log.exception("a sentence does not fit its words", code=sentence.code, why=repr(error))
        return gettext("Something happened that has no words here (%(code)s).", code=sentence.code)


def worded(
    phrase: Phrase, parameters: Mapping[str, Any], *, zone: str | None = None, now: datetime | None = None
) -> str:
    """The phrase in the reader's language, filled. Raises KeyError, TypeError or ValueError where they do not fit."""
    text = _form(phrase, parameters["num"]) if isinstance(phrase, Plural) else gettext(phrase)
    return text % _Shown(parameters, zone, now) if parameters or "%(" in text else text


def _form(phrase: Plural, num: int) -> str:
    return ngettext(*phrase, num, num="%(num)s")  # chosen, not filled


class _Shown(Mapping[str, str]):
    """The parameters as text, each written when its place in the phrase asks for it."""

    def __init__(self, values: Mapping[str, Any], zone: str | None, now: datetime | None) -> None:
        self._values, self._zone, self._now = values, zone, now

    def __getitem__(self, place: str) -> str:
        name, _, form = place.partition("|")
        value = self._values[name]
        return (FORMS[form] if form else _plainly)(value, self._zone, self._now)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _plainly(value: Any, zone: str | None, now: datetime | None) -> str:
    """By what it is; most of what is no number, time or amount is text already."""
    write = next((write for kinds, write in _BY_KIND if isinstance(value, kinds)), None)
    return write(value, zone, now) if write else str(value)


Form = Callable[[Any, str | None, datetime | None], str]

_BY_KIND: tuple[tuple[type | tuple[type, ...], Form], ...] = (
    (datetime, formats.when),  # before date: a moment is a day too
    (date, lambda value, zone, _now: formats.day(value, zone)),
    (timedelta, lambda value, _zone, _now: formats.span(value)),
    (Money, lambda value, _zone, _now: formats.money(value.amount_minor, value.currency)),
    ((int, float), lambda value, _zone, _now: formats.number(value)),
    (Words, lambda value, _zone, _now: value.by_language.get(reader().language, value.by_language[SOURCE])),
    ((list, tuple), lambda value, _zone, _now: ", ".join(map(str, value))),
)
FORMS: dict[str, Form] = {
    "when": formats.when,
    "day_time": formats.day_time,
    "day": lambda value, zone, _now: formats.day(value, zone),
    "span": lambda value, _zone, _now: formats.span(value),
    "span_after": lambda value, _zone, _now: formats.span(value, after_preposition=True),
    "within": lambda value, _zone, _now: formats.within(value),
}
"""What may stand behind the `|` in a phrase: how that parameter is written there."""
