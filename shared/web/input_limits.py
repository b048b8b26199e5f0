"""What no schema expects and no column takes: refused before a view reads it, as the sender's mistake."""

import json
from collections.abc import Iterable
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, LengthRequired

from shared.language import N_


def refuse_unmeasured() -> None:
    """Refuse a body that does not say its length: past the limit it would be cut off in silence, and then be believed.

    Before anything reads the body. Browsers and our peers always say it.
    """
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise LengthRequired


def refuse_unreadable() -> None:
    """Refuse NUL and half characters anywhere, and JSON that is none, too deep, or has numbers without end.

    The path is left to its view: an address with such characters leads nowhere, like any other that is not there.
    """
    for text in _texts():
        if _unreadable(text):
            raise BadRequest(N_("The request holds characters that are none. Send text as UTF-8 without NUL."))


def _unreadable(text: str) -> bool:
    return any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


def _texts() -> Iterable[str]:
    for values in (request.args, request.form):
        for name, value in values.items(multi=True):
            yield name
            yield value
    if request.is_json and request.content_length:
        yield from _inside(_json())


def _json() -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON that can be read. Check it against the API reference.") from None


def _inside(value: Any) -> Iterable[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case dict(pairs):
                waiting += [*pairs.keys(), *pairs.values()]
            case list(items):
                waiting += items
