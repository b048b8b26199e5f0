"""What a logout token says, once its signature is known to be the provider's (Back-Channel Logout 1.0, 2.4 and 2.6)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc.jwt import JWTClaimsRegistry, Token

LONGEST: Final = 8_000
"""Characters of a token; a real one has fewer than a thousand."""
_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_KINDS: Final = ("logout+jwt", "application/logout+jwt", "jwt")
_LEEWAY: Final = timedelta(seconds=60)
_OLDEST: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class SignedOut:
    """Whom the provider has signed out: a person, or one of their sign-ins. Sessions that began after `at` stay.

    So a token that somebody sends once more ends nothing new, and nobody has to remember those that came.
    """

    subject: str | None
    sid: str | None
    at: datetime


def meaning(token: Token, now: datetime, *, issuer: str, client_id: str) -> SignedOut:
    """Whom it speaks of. Raises JoseError, ValueError, TypeError or KeyError when it is no logout token for us."""
    claims: dict[str, Any] = token.claims
    JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(_LEEWAY.total_seconds()),
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
    ).validate(claims)
    issued_at = datetime.fromtimestamp(claims["iat"], tz=UTC)
    subject, sid = claims.get("sub"), claims.get("sid")
    named = [one for one in (subject, sid) if one is not None]
    if token.header.get("typ", "jwt").lower() not in _KINDS:
        raise ValueError("It is another kind of token.")
    if not isinstance(claims["events"][_EVENT], dict) or "nonce" in claims:
        raise ValueError("It ends no session.")
    if not named or not all(isinstance(one, str) and one for one in named):
        raise ValueError("It names nobody.")
    if issued_at < now - _OLDEST:
        raise ValueError("It is old.")
    return SignedOut(subject=subject, sid=sid, at=issued_at + _LEEWAY)
