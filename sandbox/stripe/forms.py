"""Reads Stripe's form encoding: `line_items[0][price]=x`, `expand[]=y` become nested mappings.

Lists stay mappings from position to value, because only the table of an operation knows whether `metadata[0]` is a key
or a position; `checks.list_of` makes the lists.
"""

import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe.errors import invalid

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_DEEPEST = 8


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested mappings of text. A name given twice, or given both as text and as a mapping, is refused."""
    decoded: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        segments = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else [key]
        if len(segments) > _DEEPEST:
            raise invalid(f"Invalid parameter: {key} is nested too deeply", param=key)
        node = decoded
        for position, segment in enumerate(segments):
            name = segment or str(len(node))
            if position == len(segments) - 1:
                if name in node:
                    raise invalid(f"Invalid parameter: {key} is given twice", param=key)
                node[name] = value
            else:
                node = node.setdefault(name, {})
                if not isinstance(node, dict):
                    raise invalid(f"Invalid object: {key}", param=key)
    return decoded
