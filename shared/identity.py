"""Who is calling: tokens that services sign for each other, keys of integrators, roles of staff."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared import clock
from shared.api_keys import ApiKey
from shared.ids import digest, new_id

_ALGORITHM = "Ed25519"
_LIFETIME = timedelta(seconds=60)
_LONGEST_LIFE_S = 300
"""A token with a longer life is nobody's: ours live a minute, and a stolen one must soon be worthless."""
_LEEWAY_S = 10
_USED_FOR_S = 30
"""So long a token is used again: signing one and reading it costs more than many a question."""
_MOST_KNOWN = 256

STAFF_ROLES = ("agent", "senior", "supervisor", "finance", "operator")


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Somebody who was recognized: a service, an integrator with an API key, or a member of staff.

    Staff have `roles`, an integrator's key has `scopes`.
    """

    kind: Literal["service", "integrator", "staff"]
    name: str
    subject: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    email: str | None = None


class ServiceIdentity:
    """One service's own key: signs the short-lived tokens by which its peers know it."""

    def __init__(self, name: str, private_jwk: dict[str, Any]) -> None:
        self.name = name
        self._key = OKPKey.import_key(private_jwk)
        self._tokens: dict[str, tuple[float, str]] = {}

    def token(self, audience: str) -> str:
        """A token for one callee, good for half a minute at least."""
        now = clock.now()
        made, token = self._tokens.get(audience, (-math.inf, ""))
        if not 0 <= now.timestamp() - made < _USED_FOR_S:
            token = self._signed(audience, now)
            self._tokens[audience] = (now.timestamp(), token)
        return token

    def _signed(self, audience: str, now: datetime) -> str:
        claims = {
            "iss": self.name,
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + _LIFETIME).timestamp()),
            "jti": new_id("jwt"),
        }
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key, algorithms=[_ALGORITHM])


class BearerVerifier:
    """Reads a bearer credential: a peer's signed token or an integrator's API key (stored as SHA-256)."""

    def __init__(self, service: str, peers: dict[str, dict[str, Any]], api_keys: Sequence[ApiKey]) -> None:
        self._service = service
        self._peers = {name: OKPKey.import_key(key) for name, key in peers.items()}
        self._api_keys = api_keys
        self._known: dict[str, tuple[int, Caller]] = {}
        """Who holds a token that was good, by its digest, with the moment at which it ends."""

    def caller(self, bearer: str) -> Caller | None:
        """Who holds this credential, or None when it is not good (unknown, expired, for somebody else)."""
        return self._service_caller(bearer) if bearer.count(".") == 2 else self._integrator(bearer)  # noqa: PLR2004 - a JWT has two dots

    def _service_caller(self, token: str) -> Caller | None:
        now = int(clock.now().timestamp())
        ends, known = self._known.get(key := digest(token), (0, None))
        if known is not None and now < ends:
            return known
        found = self._read(token, now)
        if found is None:
            return None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()  # no more are in use than peers have workers; what is still good is read once more
        self._known[key] = found
        return found[1]

    def _read(self, token: str, now: int) -> tuple[int, Caller] | None:
        """When the token ends, and who holds it; None when it is not good."""
        for name, public in self._peers.items():
            try:
                claims = jwt.decode(token, public, algorithms=[_ALGORITHM]).claims
                jwt.JWTClaimsRegistry(
                    now=now,
                    leeway=_LEEWAY_S,
                    iss={"essential": True, "value": name},
                    aud={"essential": True, "value": self._service},
                    exp={"essential": True},
                    iat={"essential": True},
                ).validate(claims)
                if claims["exp"] - claims["iat"] > _LONGEST_LIFE_S:
                    continue
            except (JoseError, ValueError, TypeError):  # the last: a header whose parts are of another kind
                continue
            return int(claims["exp"]), Caller(kind="service", name=name, subject=name)
        return None

    def _integrator(self, key: str) -> Caller | None:
        presented = digest(key)
        for known in self._api_keys:
            if compare_digest(presented, known.sha256):
                name = known.name
                return Caller(kind="integrator", name=name, subject=f"integrator:{name}", scopes=known.scopes)
        return None
