"""Who is calling: tokens that services sign for each other, keys of integrators, roles of staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
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

    def token(self, audience: str) -> str:
        """A token for one callee, good for a minute."""
        now = clock.now()
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

    def caller(self, bearer: str) -> Caller | None:
        """Who holds this credential, or None when it is not good (unknown, expired, for somebody else)."""
        return self._service_caller(bearer) if bearer.count(".") == 2 else self._integrator(bearer)  # noqa: PLR2004 - a JWT has two dots

    def _service_caller(self, token: str) -> Caller | None:
        for name, key in self._peers.items():
            try:
                claims = jwt.decode(token, key, algorithms=[_ALGORITHM]).claims
                jwt.JWTClaimsRegistry(
                    now=int(clock.now().timestamp()),
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
            return Caller(kind="service", name=name, subject=name)
        return None

    def _integrator(self, key: str) -> Caller | None:
        presented = digest(key)
        for known in self._api_keys:
            if compare_digest(presented, known.sha256):
                name = known.name
                return Caller(kind="integrator", name=name, subject=f"integrator:{name}", scopes=known.scopes)
        return None
