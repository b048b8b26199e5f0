"""What is kept of what people type: everything readable, nothing that hides, turns lines around or breaks a header."""

import re

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
LONGEST_NAME = 100

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_TURNING = "\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates of Unicode's bidirectional algorithm: with them a text reads otherwise than it is
written. Pages give each text its direction by `dir`, so nobody needs them."""
_UNSEEN = "\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""Signs without a shape that hide words in words. Not among them: the joiners (U+200C, U+200D), which hold emoji,
Persian and Hindi together, and the marks of direction (U+200E, U+200F, U+061C), which turn only themselves."""
_DANGEROUS = re.compile(f"[{_CONTROLS}{_TURNING}{_UNSEEN}\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SHAPELESS = re.compile("[\\s\u200c-\u200f\u061c]*")


def plain_text(text: str | None) -> str:
    """Words over several lines: line ends as one sign, without what is dangerous, without blank around.

    Empty where nothing of it can be seen.
    """
    kept = _DANGEROUS.sub("", _LINE_ENDS.sub("\n", text or "")).strip()
    return "" if _SHAPELESS.fullmatch(kept) else kept


def one_line(text: str | None) -> str:
    """A name, a subject, a reason: one line, without what is dangerous."""
    return " ".join(plain_text(text).split())
