"""What a template says that no catalog can translate: text between tags, names read aloud, texts inside expressions."""

import re
from collections.abc import Iterator

from jinja2 import Environment, nodes

_GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
_NO_WORDS = {"noopener noreferrer nofollow ugc"}
_READ_ALOUD = re.compile(r'\b(?:aria-label|title|alt|placeholder|data-confirm|data-key-label)="([^"]*)"')
_NOT_READ = re.compile(r'<(code|kbd|svg)\b.*?</\1>|<[^>]*>|[\w-]+="[^"]*"|&\w+;', re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2}")
_SENTENCE = re.compile(r"[A-Z][a-z]|.*[^\W\d_]{2} [^\W\d_]{2}", re.DOTALL)

_environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def bare_words(source: str) -> list[str]:
    """The words of a template that stand outside `_(…)` and `{% trans %}`."""
    page = _unmarked(source)
    aloud = [text for text in _READ_ALOUD.findall(page) if _WORD.search(text)]
    between = [text.strip() for text in _NOT_READ.sub("\n", page).splitlines() if _WORD.search(text)]
    return [*aloud, *between, *_texts_in_expressions(source)]


def _unmarked(source: str) -> str:
    """The template without what `{% trans %}` marks, and without expressions and statements."""
    page, marked, begins = "", False, False
    for _line, kind, value in _environment.lex(source):
        if kind == "block_begin":
            begins = True
        elif kind == "name" and begins:
            begins, marked = False, value == "trans" or (marked and value == "pluralize")
        elif kind in {"variable_begin", "block_end"}:
            page += " "
        elif kind == "data" and not marked:
            page += value
    return page


def _texts_in_expressions(source: str) -> Iterator[str]:
    tree = _environment.parse(source)
    gettext = [call for call in tree.find_all(nodes.Call) if getattr(call.node, "name", "") in _GETTEXT]
    marked = {id(text) for call in gettext for text in call.find_all(nodes.Const)}
    for text in tree.find_all(nodes.Const):
        value = text.value if isinstance(text.value, str) and id(text) not in marked else ""
        if _SENTENCE.match(value) and value not in _NO_WORDS:
            yield value
