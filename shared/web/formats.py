"""What templates say of times, money and ids: the filters of `shared.formats`, and how a promise stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask import Flask

from shared import clock
from shared.formats import day, day_time, iso, money, number, relative, short_id, span, when, within
from shared.language import gettext, pgettext
from shared.links import breaking, linked
from shared.reader import reader

NEAR_SHARE = 0.75  # the last quarter of a promise is "near"

DueState = Literal["calm", "near", "late", "met", "missed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """How a promise stands: its state, the state in words, and the percentage of its time that is used (0 to 100)."""

    state: DueState
    words: str
    percent: int


def due_words() -> dict[DueState, str]:
    """The word for each state of a promise that is not met yet."""
    return {
        "calm": pgettext("a promise", "on time"),
        "near": pgettext("a promise", "due soon"),
        "late": pgettext("a promise", "late"),
    }


def reader_zone() -> str:
    """The IANA zone of whoever reads the page."""
    return reader().zone


def due_state(
    respond_by: datetime, started_at: datetime, now: datetime | None = None, met_at: datetime | None = None
) -> Due:
    """How a promise stands at `now`, or how it was kept once it is met. The same words as live.js writes."""
    whole = max((respond_by - started_at).total_seconds(), 1.0)
    share = ((met_at or now or clock.now()) - started_at).total_seconds() / whole
    percent = round(min(max(share, 0.0), 1.0) * 100)
    if met_at is not None:
        if met_at <= respond_by:
            words = gettext("answered in %(span)s", span=span(met_at - started_at, after_preposition=True))
            return Due(state="met", words=words, percent=percent)
        words = gettext("answered %(span)s late", span=span(met_at - respond_by))
        return Due(state="missed", words=words, percent=percent)
    state: DueState = "late" if share >= 1 else "near" if share >= NEAR_SHARE else "calm"
    return Due(state=state, words=due_words()[state], percent=percent)


def message_of(errors: Mapping[str, object] | None, name: str) -> str | None:
    """The first message for a field out of a form's errors, whether they are texts or lists of texts."""
    found = (errors or {}).get(name)
    if isinstance(found, (list, tuple)):
        found = found[0] if found else None
    return None if found is None else str(found)


def register(app: Flask) -> None:
    """Gives the filters and globals of this module to every template of the app."""
    filters = (money, number, when, day_time, day, span, within, relative, iso, short_id, linked, breaking)
    app.jinja_env.filters.update({function.__name__: function for function in filters})
    app.jinja_env.globals.update(
        due_state=due_state, message_of=message_of, reader_zone=reader_zone, right_now=clock.now
    )
