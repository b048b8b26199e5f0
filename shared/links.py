"""Addresses in what people write: which words are one, where it leads, and where it may break at the end of a line."""

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(
    r"(?P<web>(?:https?://|(?<![\w.@/-])www\.)[^\s<>\"“”„«»]+)"
    r"|(?<![\w.+/-])(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    re.IGNORECASE,
)
_OF_THE_SENTENCE = ".,;:!?…'\u2019*_"
"""Signs at the end of an address that belong to the sentence around it."""
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_BREAKS = re.compile(r"(?<=[^./@:?&=_-])(?=[.@?&=_#-]\w)|(?<=\w/)(?=[^/\s])")


def linked(text: str) -> Markup:
    """The text as HTML: escaped, its web and mail addresses as links that break where people would break them.

    Which way a link reads is its own: it stands from left to right in Arabic, too.
    """
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        address = _without_sentence(found.group())
        parts += [escape(text[end : found.start()]), _link(address, is_mail=found.group("mail") is not None)]
        end = found.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def breaking(address: str) -> Markup:
    """An address that may break before @, a dot or another sign in it: else it would before its last letter."""
    return Markup("<wbr>").join(_BREAKS.split(address))


def without_addresses(text: str) -> str:
    """The text with a dash in place of each address: where words of a stranger go to somebody who may not know them."""
    return _ADDRESS.sub("\u2013", text)


def _link(address: str, *, is_mail: bool) -> Markup:
    leads_to = f"mailto:{address}" if is_mail else address if "://" in address else f"https://{address}"
    return Markup('<a dir="ltr" href="{}" rel="noopener noreferrer nofollow ugc">{}</a>').format(
        leads_to, breaking(address)
    )


def _without_sentence(address: str) -> str:
    while address:
        last = address[-1]
        unopened = last in _BRACKETS and address.count(last) > address.count(_BRACKETS[last])
        if last not in _OF_THE_SENTENCE and not unopened:
            break
        address = address[:-1]
    return address
