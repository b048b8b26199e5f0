"""The OpenID provider as we use it: who came back from it, who that is now, and whom it has signed out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException
from werkzeug.wrappers import Response

from shared import clock
from shared.identity import STAFF_ROLES
from shared.language import N_
from shared.settings import OidcSettings
from shared.staff.session import Person
from shared.web.signin.errors import NOBODY, ProviderUnavailable, SigninFailed
from shared.web.signin.logout_token import LONGEST, SignedOut, meaning

ANSWER_WITHIN_S: Final = 3
"""For each question to the provider while somebody waits for a page."""
_SIGNS_IN_WITHIN_S: Final = 5
_REFUSED: Final = (401, 403)
_KNOWN_NO_MORE: Final = "invalid_grant"
_KEYS_ANEW_AFTER: Final = timedelta(minutes=1)
"""Tokens that name a key nobody knows make us ask the provider for its keys no more often than this."""

Tokens = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Who it is, and the tokens with which the provider is asked again."""

    person: Person
    tokens: Tokens


class Provider:
    """The one provider at which staff of this service sign in."""

    def __init__(self, app: Flask, settings: OidcSettings) -> None:
        self._settings = settings
        self._client = OAuth(app).register(
            "provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": " ".join(settings.scopes),
                "code_challenge_method": "S256",
                "default_timeout": _SIGNS_IN_WITHIN_S,
            },
        )
        self._keys_read_at: datetime | None = None

    def lead_there(self, callback: str) -> Response:
        """Send the browser to the provider."""
        try:
            answer: Response = self._client.authorize_redirect(callback)
        except RequestException as error:
            raise ProviderUnavailable(NOBODY) from error
        return answer

    def receive(self) -> Arrival:
        """Who came back from it, by the code in this request."""
        try:
            token = self._client.authorize_access_token()
            claims = dict(token["userinfo"])
            tokens = _tokens(token)
            claims |= self._userinfo(tokens, claims["sub"])
        except (OAuthError, JoseError, KeyError) as error:
            raise SigninFailed(N_("Start again from the page that you wanted."), why=str(error)) from error
        except (RequestException, ValueError) as error:
            raise ProviderUnavailable(NOBODY) from error
        return Arrival(person=self._person(claims), tokens=tokens)

    def renew(self, tokens: Tokens) -> Tokens:
        """The tokens to ask with. Raises SigninFailed when the provider takes them no more, or ProviderUnavailable.

        A refresh token is used wherever one was given, however young the access token is: with some providers (Dex)
        that carries the claims with it, and tells for as long as it lasts what was true when it was made.
        """
        if "refresh_token" not in tokens:
            return tokens
        with _asking(), self._session(None) as client:
            answer = client.refresh_token(self._endpoint("token_endpoint"), refresh_token=tokens["refresh_token"])
            return tokens | _tokens(answer)

    def who(self, known: Person, tokens: Tokens) -> Person:
        """Who that is now. Raises as above."""
        with _asking():
            return self._person({"sid": known.provider_sid, **self._userinfo(tokens, known.subject)})

    def signed_out(self, logout_token: str) -> SignedOut:
        """Whom a logout token speaks of (OpenID Connect Back-Channel Logout 1.0). Raises SigninFailed."""
        try:
            issuer = str(self._client.load_server_metadata()["issuer"])
            token = self._decoded(logout_token[:LONGEST])
            return meaning(token, clock.now(), issuer=issuer, client_id=self._settings.client_id)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SigninFailed("This is no logout token.", why=str(error)) from error
        except RequestException as error:
            raise ProviderUnavailable(NOBODY) from error

    def _decoded(self, text: str) -> jwt.Token:
        offered = self._client.load_server_metadata().get("id_token_signing_alg_values_supported") or ["RS256"]
        # Signed with a key that the provider alone has: never "none", and never a secret that we share (HS256).
        registry = JWSRegistry(algorithms=[one for one in offered if one[:2] in {"RS", "PS", "ES", "Ed"}])
        try:
            return jwt.decode(text, KeySet.import_key_set(self._client.fetch_jwk_set()), registry=registry)
        except InvalidKeyIdError:
            now = clock.now()
            if self._keys_read_at is not None and now - self._keys_read_at < _KEYS_ANEW_AFTER:
                raise
            self._keys_read_at = now
            return jwt.decode(text, KeySet.import_key_set(self._client.fetch_jwk_set(force=True)), registry=registry)

    def _userinfo(self, tokens: Tokens, subject: str) -> dict[str, Any]:
        with self._session({"access_token": tokens["access_token"], "token_type": "Bearer"}) as client:
            answer = client.get(self._endpoint("userinfo_endpoint"), headers={"Accept": "application/json"})
        if answer.status_code in _REFUSED:
            raise OAuthError(_KNOWN_NO_MORE, f"userinfo says {answer.status_code}")
        answer.raise_for_status()
        claims: dict[str, Any] = dict(answer.json())
        if claims.get("sub") != subject:  # OpenID Connect Core 1.0, 5.3.2
            raise OAuthError(_KNOWN_NO_MORE, "userinfo speaks of somebody else")
        return claims

    def _session(self, token: dict[str, str] | None) -> OAuth2Session:
        settings = self._settings
        return OAuth2Session(settings.client_id, settings.client_secret, token=token, default_timeout=ANSWER_WITHIN_S)

    def _endpoint(self, name: str) -> str:
        return str(self._client.load_server_metadata()[name])

    def _person(self, claims: dict[str, Any]) -> Person:
        granted = claims.get(self._settings.roles_claim)
        if not isinstance(granted, list):  # a text would match role names inside it
            granted = []
        return Person(
            subject=claims["sub"],
            name=claims.get("name") or claims.get("email") or claims["sub"],
            email=claims.get("email"),
            roles=tuple(role for role in STAFF_ROLES if role in granted),
            provider_sid=claims.get("sid"),
        )


@contextmanager
def _asking() -> Iterator[None]:
    """What may come of a question in the middle of a session. Only a word about this very person ends it."""
    try:
        yield
    except OAuthError as error:
        if error.error == _KNOWN_NO_MORE:
            raise SigninFailed("Sign in again.", why=str(error)) from error
        raise ProviderUnavailable(NOBODY) from error
    except (RequestException, ValueError, KeyError) as error:
        raise ProviderUnavailable(NOBODY) from error


def _tokens(answer: dict[str, Any]) -> Tokens:
    return {name: answer[name] for name in ("access_token", "refresh_token") if answer.get(name)}
