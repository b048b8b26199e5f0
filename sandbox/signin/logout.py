"""Signs somebody out everywhere: their tokens are worth nothing any more, and each service hears it at its own door."""

import secrets
import time
from dataclasses import dataclass

from flask import Flask
from joserfc import jwt
from requests import RequestException, Session

from sandbox.signin.keys import ALGORITHM
from sandbox.signin.people import Person
from sandbox.signin.provider import Registry

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_LIFETIME_S = 120
_TIMEOUT_S = 3


@dataclass(frozen=True, kw_only=True)
class Logout:
    """Back-channel logout (OpenID Connect Back-Channel Logout 1.0) to each of the `doors`."""

    app: Flask
    registry: Registry
    doors: tuple[str, ...]

    def token(self, person: Person) -> str:
        """The signed sentence that this person is signed out."""
        now = int(time.time())
        claims = {
            "iss": self.app.config["ISSUER"],
            "aud": self.registry.client.client_id,
            "iat": now,
            "exp": now + TOKEN_LIFETIME_S,
            "jti": secrets.token_hex(16),
            "sub": person.sub,
            "events": {EVENT: {}},
        }
        header = {"alg": ALGORITHM, "kid": self.registry.key.kid, "typ": "logout+jwt"}
        return jwt.encode(header, claims, self.registry.key, algorithms=[ALGORITHM])

    def everywhere(self, person: Person) -> int:
        """Sign the person out; how many services have taken it. One that is away finds out when it asks again."""
        self.registry.forget(person)
        token = self.token(person)
        return sum(_tell(door, token) for door in self.doors)


def _tell(door: str, token: str) -> bool:
    with Session() as client:
        client.trust_env = False
        try:
            return client.post(door, data={"logout_token": token}, timeout=_TIMEOUT_S, allow_redirects=False).ok
        except RequestException:
            return False
