"""Links that open one ticket, of two kinds: derivable by us, guessable by nobody, void when the version moves on."""

import base64
import hashlib
import hmac
from enum import StrEnum

_SEAL_BYTES = 20
"""160 bits: 32 characters of base 32."""
_PREFIX = "tkt_"
_LONGEST = 100


class LinkKind(StrEnum):
    """How a link came to whoever holds it; neither kind can be made from the other."""

    PAGE = "page"
    """By a redirect, to the browser that filled in the form. Anybody can write any address into it: it proves none."""
    MAIL = "mail"
    """By a mail: whoever has it reads what is sent to the ticket's address."""


_PURPOSE = {LinkKind.PAGE: "", LinkKind.MAIL: "mail."}
"""What the seal is made over, before id and version. An id has no dot, so that no seal fits the other kind.

Links of before there were kinds are of the first one: they open their ticket and prove nothing.
"""


def _seal(kind: LinkKind, public_part: str, version: int, secret: str) -> str:
    sealed = f"{_PURPOSE[kind]}{public_part}.{version}"
    mac = hmac.new(secret.encode(), sealed.encode(), hashlib.sha256).digest()
    return base64.b32encode(mac[:_SEAL_BYTES]).decode().lower()


def link_token(kind: LinkKind, ticket_id: str, version: int, secret: str) -> str:
    """The token of a ticket's link: the open part of its id, a dot, and the seal over kind, id and link version."""
    public_part = ticket_id.removeprefix(_PREFIX)
    return f"{public_part}.{_seal(kind, public_part, version, secret)}"


def ticket_id_in(token: str) -> str | None:
    """The ticket that a token claims to open, None for what cannot be one; `kind_of` says whether it does."""
    public_part, dot, seal = token.partition(".")
    well_made = public_part.isalnum() and seal.isalnum() and token.isascii() and len(token) <= _LONGEST
    return _PREFIX + public_part if dot and well_made else None


def kind_of(token: str, ticket_id: str, version: int, secret: str) -> LinkKind | None:
    """By which kind of link this token opens this ticket now, None by none; compared in constant time."""
    fits = [
        kind
        for kind in LinkKind
        if hmac.compare_digest(token.encode(), link_token(kind, ticket_id, version, secret).encode())
    ]
    return fits[0] if fits else None
