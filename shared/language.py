"""The product's words in the reader's language: gettext, over catalogs that stand beside what they translate."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from shared.reader import SOURCE, reader

_folders: list[Path] = [Path(__file__).parent / "locale"]
_AS_WRITTEN = NullTranslations()


def add_catalogs(folder: Path) -> None:
    """Also take the words of this folder's `<language>.po`. A service says it once, in its `__init__.py`."""
    if folder not in _folders:
        _folders.append(folder)


def catalog_folders() -> tuple[Path, ...]:
    """The folders whose catalogs count in this process, the first one first."""
    return tuple(_folders)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "to be translated, later"
    """The message as it is, marked for the catalogs: for what is worded when it is shown, not where it stands."""
    return message


def gettext(message: str, /, **parameters: object) -> str:
    """The message in the reader's language, with its `%(name)s` filled. Without parameters a `%` is a percent sign."""
    return _filled(_words().gettext(message) if message else message, parameters)


def plural_form(one: str, many: str, num: int, /, context: str | None = None) -> str:
    """The form of the message that the number asks for, with nothing filled in yet."""
    words = _words()
    return words.ngettext(one, many, num) if context is None else words.npgettext(context, one, many, num)


def ngettext(one: str, many: str, num: int, /, **parameters: object) -> str:
    """The form of the message that the number asks for; `%(num)s` is the number, as the reader writes it."""
    return _filled(plural_form(one, many, num), _counted(num, parameters))


def pgettext(context: str, message: str, /, **parameters: object) -> str:
    """As gettext, for a word that means something else elsewhere: the context tells the two apart."""
    return _filled(_words().pgettext(context, message), parameters)


def npgettext(context: str, one: str, many: str, num: int, /, **parameters: object) -> str:
    """As ngettext, with a context as in pgettext."""
    return _filled(plural_form(one, many, num, context), _counted(num, parameters))


def _filled(text: str, parameters: dict[str, object]) -> str:
    return text % parameters if parameters else text


def _counted(num: int, parameters: dict[str, object]) -> dict[str, object]:
    return {"num": format_decimal(num, locale=reader().locale), **parameters}


def _words() -> NullTranslations:
    language = reader().language
    return _AS_WRITTEN if language == SOURCE else _catalogs(language, catalog_folders())


@cache
def _catalogs(language: str, folders: tuple[Path, ...]) -> NullTranslations:
    """All words of a language: read at first use and once per process: about 10 ms for 800 messages.

    Babel reads the text that translators edit; what it read becomes the binary form in memory, for the standard
    library's gettext knows plurals and contexts. A message that no catalog has stays English.
    """
    first: NullTranslations | None = None
    for folder in reversed(folders):  # a service's own words come before what all have alike
        path = folder / f"{language}.po"
        if not path.exists():
            continue
        compiled = BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        words = GNUTranslations(compiled)
        if first is None:
            first = words
        else:
            first.add_fallback(words)
    return first or _AS_WRITTEN
