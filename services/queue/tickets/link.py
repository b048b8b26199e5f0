"""Links that open one ticket: derivable for every mail, guessable by nobody, void when the version moves on."""

import base64
import hashlib
import hmac

_SEAL_BYTES = 20
"""160 bits: 32 characters of base 32."""
_PREFIX = "tkt_"


def _seal(public_part: str, version: int, secret: str) -> str:
    mac = hmac.new(secret.encode(), f"{public_part}.{version}".encode(), hashlib.sha256).digest()
    return base64.b32encode(mac[:_SEAL_BYTES]).decode().lower()


def link_token(ticket_id: str, version: int, secret: str) -> str:
    """The token of a ticket's link: the open part of its id, a dot, and the seal over id and link version."""
    public_part = ticket_id.removeprefix(_PREFIX)
    return f"{public_part}.{_seal(public_part, version, secret)}"


def ticket_id_in(token: str) -> str:
    """The ticket that a token claims to open; `token_opens` says whether it does."""
    return _PREFIX + token.partition(".")[0]


def token_opens(token: str, ticket_id: str, version: int, secret: str) -> bool:
    """Whether this token opens this ticket now; compared in constant time."""
    return hmac.compare_digest(token.encode(), link_token(ticket_id, version, secret).encode())
