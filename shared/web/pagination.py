"""Cursor pagination: a page and an opaque cursor to the next; cost does not grow with how far one has come."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from apiflask import Schema
from apiflask.fields import Integer, String
from apiflask.validators import Range

from shared.errors import Kind, ServiceError

Row = TypeVar("Row")

PAGE_SIZE = 50
LARGEST_PAGE = 200
_BIGINT = 2**63


class CursorInvalid(ServiceError):
    """The cursor is none of ours."""

    kind = Kind.INVALID
    code = "cursor_invalid"
    title = "The cursor is not valid"


class PageQuery(Schema):
    """The query of a list: how many, and from where."""

    limit = Integer(load_default=PAGE_SIZE, validate=Range(1, LARGEST_PAGE))
    cursor = String(load_default=None, metadata={"description": "`next_cursor` of the page before."})


def encode_cursor(*position: str | int) -> str:
    """The place after a row, as text that a client only hands back."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, parts: int) -> list[Any] | None:
    """The place that a cursor means, None for the beginning. Raises CursorInvalid."""
    if cursor is None:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        position = None
    if not isinstance(position, list) or len(position) != parts or not all(map(_is_place, position)):
        raise CursorInvalid("Use next_cursor of the page before, or leave the cursor out.", field="cursor")
    return position


def position(cursor: str | None) -> str | None:
    """The id after which a page begins, where one id is the place; None for the beginning. Raises CursorInvalid."""
    place = decode_cursor(cursor, 1)
    return None if place is None else str(place[0])


def position_in_time(cursor: str | None) -> tuple[datetime, str] | None:
    """The moment and the id after which a page begins, where a list goes by time. Raises CursorInvalid."""
    place = decode_cursor(cursor, 2)
    if place is None:
        return None
    try:
        return datetime.fromisoformat(str(place[0])).astimezone(UTC), str(place[1])
    except (ValueError, OverflowError):
        raise CursorInvalid("Use next_cursor of the page before, or leave the cursor out.", field="cursor") from None


def page_of(
    rows: Sequence[Row], limit: int, *, id_of: Callable[[Row], str], as_body: Callable[[Row], Any]
) -> dict[str, Any]:
    """A page out of one row more than was asked for; the cursor stands only where more follows."""
    shown = rows[:limit]
    return {
        "items": [as_body(row) for row in shown],
        "next_cursor": encode_cursor(id_of(shown[-1])) if len(rows) > limit else None,
    }


def _is_place(part: Any) -> bool:
    """What a column can be compared with: text of real characters, a whole number of 64 bits."""
    if type(part) is int:
        return abs(part) < _BIGINT
    return isinstance(part, str) and not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in part)
