"""One sending of a form, known again when it comes twice."""

import hashlib


def form_key(token: str, *words: str) -> str:
    """The digest of a form's own token with what was sent in it, and for whom.

    The same once more is a double click. Other words under an old token (back, mended, sent again) are new words; and
    whoever sends a token that belongs to somebody else does not meet what that one sent.
    """
    return hashlib.sha256("\0".join((token, *words)).encode()).hexdigest()
