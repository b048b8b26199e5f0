"""The words that live.js writes into an open page, in the reader's language: they travel at the head of the script."""

import json
from datetime import date

from babel import Locale
from babel.dates import format_date

from shared import formats
from shared.language import gettext, pgettext
from shared.reader import reader, reading_in
from shared.web.formats import due_words

_A_SUNDAY = 4  # of January 2026: JavaScript counts weekdays from Sunday


def live_words(language: str) -> str:
    """`const WORDS = {...};` for that language; places keep their `%(name)s`, and a count has a word for each form."""
    with reading_in(language):
        words = {
            "minutes": gettext(formats.MINUTES),
            "hours": gettext(formats.HOURS),
            "hoursMinutes": gettext(formats.HOURS_MINUTES),
            "days": _days(),
            "daysHours": gettext(formats.DAYS_HOURS),
            "in": gettext(formats.IN),
            "ago": gettext(formats.AGO),
            "soon": gettext(formats.SOON),
            "justNow": gettext(formats.JUST_NOW),
            "moment": gettext(formats.MOMENT),
            "date": gettext(formats.DATE),
            "today": gettext(formats.TODAY),
            "tomorrow": gettext(formats.TOMORROW),
            "yesterday": gettext(formats.YESTERDAY),
            "onADay": gettext(formats.ON_A_DAY),
            "weekdays": [_name(date(2026, 1, _A_SUNDAY + day), "EEE") for day in range(7)],
            "months": [_name(date(2026, month, 1), "MMM") for month in range(1, 13)],
            "due": due_words(),
            "connection": gettext("No connection. What you see is from %(time)s; we keep trying. What you type stays."),
            "keysTitle": gettext("Keys of this page"),
            "keysRows": gettext("Walk through the rows"),
            "keysSend": gettext("Send what is written"),
            "keysLeave": gettext("Leave a field or this list"),
            "close": pgettext("a button", "Close"),
            "copied": gettext("Copied"),
            "typedIsLost": gettext(
                "What you typed on this page is not sent yet and would be gone. Change the language?"
            ),
        }
    return f"const WORDS = {json.dumps(words, ensure_ascii=False)};\n"


def _name(day: date, pattern: str) -> str:
    return str(format_date(day, pattern, locale=reader().language))


def _days() -> dict[str, str]:
    """The word for days by the plural form of its number, as the browser's Intl.PluralRules names the forms."""
    form_of = Locale.parse(reader().language).plural_form
    samples = {form_of(count): count for count in range(100, -1, -1)}
    return {
        form: formats.days_word(count, after_preposition=True).replace(formats.number(count), "%(num)s")
        for form, count in samples.items()
    }
