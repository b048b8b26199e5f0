"""What no schema expects and no column takes: refused before a view reads it, as the sender's mistake."""

import json
import re
from collections.abc import Iterable
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, LengthRequired

from shared.language import N_
from shared.web.access import body_is_read_by_its_view

_UNREADABLE = re.compile("[\0\ud800-\udfff]")


def refuse_unmeasured() -> None:
    """Refuse a body that does not say its length: past the limit it would be cut off in silence, and then be believed.

    Before anything reads the body. Browsers and our peers always say it.
    """
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise LengthRequired


def refuse_unreadable() -> None:
    """Refuse NUL and half characters anywhere, and JSON that is none, too deep, or has numbers without end.

    The path is left to its view: an address with such characters leads nowhere, like any other that is not there. So is
    a body that its view must believe first: reading it costs, and whoever has not signed it shall not cause that.
    """
    if body_is_read_by_its_view():
        return
    if any(map(_UNREADABLE.search, _texts())):
        raise BadRequest(N_("The request holds characters that are none. Send text as UTF-8 without NUL."))


def _texts() -> Iterable[str]:
    for values in (request.args, request.form):
        for name, value in values.items(multi=True):
            yield name
            yield value
    if request.is_json and request.content_length:
        yield from _json_texts(request.get_data())


def _json_texts(body: bytes) -> Iterable[str]:
    """The texts in which something unreadable may stand: none where it can only be written as an escape, and is not."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON that can be read. Check it against the API reference.") from None
    return () if _readable(body) else _inside(value)


def _readable(body: bytes) -> bool:
    if b"\\u" in body or b"\0" in body:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


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
