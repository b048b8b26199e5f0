"""The only maker of ids and tokens."""

import hashlib
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that reads like something else


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def new_id(prefix: str) -> str:
    """A new id such as `ord_06c5h2…`: 48 bits of milliseconds, then 80 random bits, so that ids sort by time."""
    return f"{prefix}_{_base32(time.time_ns() // 1_000_000, 10)}{_base32(secrets.randbits(80), 16)}"


def new_token() -> str:
    """A secret that nobody guesses: 160 random bits, safe in a URL."""
    return secrets.token_urlsafe(20)


def digest(token: str) -> str:
    """SHA-256 of a token in hex: what is stored and compared in its place."""
    return hashlib.sha256(token.encode()).hexdigest()
