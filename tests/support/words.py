"""The messages of code and templates, and the catalogs that translate them: `make words` brings both together."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

from shared.reader import LANGUAGES, SOURCE
from tests.support.settings import SERVICES

ROOT = Path(__file__).parents[2]
TRANSLATIONS = tuple(language for language in LANGUAGES if language != SOURCE)
HOMES = ("shared", *(f"services/{service}" for service in SERVICES))
"""The folders that have a catalog of their own, `locale/<language>.po`."""

_KEYWORDS = {**DEFAULT_KEYWORDS, "Plural": (1, 2)}
_TEMPLATES = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
_WIDTH = 110
_PLACE = re.compile(r"%\((\w+)(?:\|\w+)?\)s")


def sources(home: str) -> Iterator[tuple[Path, str, dict[str, str]]]:
    """Each file that may hold messages, with the extractor that reads it."""
    for path in sorted((ROOT / home).rglob("*.py")):
        yield path, "python", {}
    for path in sorted((ROOT / home).rglob("templates/**/*.html")):
        yield path, "jinja2.ext:babel_extract", _TEMPLATES


@cache
def gathered(home: str) -> Catalog:
    """The messages of a home as they stand in its sources now, with what is said to translators beside them."""
    catalog = Catalog()
    for path, method, options in sources(home):
        found = extract_from_file(method, path, _KEYWORDS, ("Translators:",), options, strip_comment_tags=True)
        for _line, message, comments, context in found:
            catalog.add(message, auto_comments=comments, context=context)
    return catalog


def path_of(home: str, language: str) -> Path:
    """Where the catalog stands."""
    return ROOT / home / "locale" / f"{language}.po"


def catalog_of(home: str, language: str) -> Catalog:
    """The catalog as it is; empty where there is none yet."""
    path = path_of(home, language)
    return read_po(BytesIO(path.read_bytes() if path.exists() else b""), locale=language)


def key(message: Message) -> tuple[object, object]:
    """What tells two messages apart."""
    return message.id, message.context


def messages(catalog: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalog if message.id]


def forms(words: object) -> tuple[str, ...]:
    """The texts of a message or of its translation: one, or one for each plural form."""
    return tuple(words) if isinstance(words, tuple | list) else (str(words or ""),)


def places(text: str) -> set[str]:
    """The names of the parameters in a message, whatever form is asked for them (`%(at|day)s`)."""
    return set(_PLACE.findall(text))


def trouble(message: Message) -> str | None:
    """What is wrong with a translation; None: it is complete and says what the message says."""
    source, translated = forms(message.id), forms(message.string)
    if not all(translated):
        return "is not translated"
    if message.fuzzy:
        return "was changed: look whether the translation still fits, and take the word fuzzy away"
    wanted = set[str]().union(*map(places, source))
    needed = wanted - {"num"} if len(source) > 1 else wanted  # "one hour" may do without the figure
    for text in translated:
        if not needed <= places(text) <= wanted:
            return f"has other parameters than the message: {sorted(places(text) ^ wanted)}"
        if re.findall(r"</?\w+", text) != re.findall(r"</?\w+", source[-1]):
            return "has other markup than the message"
    for text in (*source, *translated):
        if wanted and "%" in _PLACE.sub("", text).replace("%%", ""):
            return "has a % that is no parameter: write %%"
    return None


def _written(catalog: Catalog, language: str) -> bytes:
    """Sorted, without line numbers and dates: a diff shows the words that changed and nothing else."""
    body = BytesIO()
    write_po(body, catalog, width=_WIDTH, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return header.encode() + body.getvalue().strip() + b"\n"


def update(home: str, language: str) -> list[str]:
    """Bring a catalog in step with the sources; what is to be translated or looked at, a line for each.

    A message that was only changed a little keeps its translation, marked `fuzzy`, which is not shown until that mark
    is gone; one that nobody says any more goes.
    """
    wanted, catalog = gathered(home), catalog_of(home, language)
    if not messages(wanted):
        return []
    catalog.update(wanted)
    path = path_of(home, language)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(_written(catalog, language))
    found = ((message, trouble(message)) for message in messages(catalog))
    return [f"{path.relative_to(ROOT)}: {message.id!r} {what}" for message, what in found if what]


def main() -> int:
    """Bring all catalogs in step. Fails while anything is left to translate."""
    left = [line for home in HOMES for language in TRANSLATIONS for line in update(home, language)]
    sys.stdout.write("\n".join([*left, f"{len(left)} messages to look at."]) + "\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
