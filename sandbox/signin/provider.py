"""The OpenID provider: Authlib's authorization server with one client, code and PKCE as the only way in.

Whoever came in so is asked about again with a refresh token, which is good once and brings the next.
"""

import time
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode
from flask import Flask
from joserfc.jwk import RSAKey

from sandbox.signin.keys import ALGORITHM
from sandbox.signin.people import SCOPES, Person
from sandbox.signin.short_lived import ShortLived

TOKEN_LIFETIME_S = 3600
REFRESH_LIFETIME_S = 24 * 3600
CLIENT_AUTHENTICATION = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True, kw_only=True)
class Client(ClientMixin):
    """The product: the one client there is. Redirect addresses must be equal to the letter."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]

    def get_client_id(self) -> str:
        """The id, which is also the audience of its ID tokens."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a request names its address."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """What of the wished scopes exists."""
        return " ".join(part for part in (scope or "").split() if part in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """True for an address to which a browser may be sent with a code.

        Else it refuses itself: Authlib's refusal repeats the address, and is a ValueError where that has a quote in it.
        """
        if redirect_uri not in self.redirect_uris:
            raise InvalidRequestError("The redirect_uri is none of those that this provider knows.")
        return True

    def check_client_secret(self, client_secret: str) -> bool:
        """Compared in the same time, whatever was sent."""
        return compare_digest(client_secret.encode(), self.client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """The secret, in a header or in the form; never nothing."""
        return endpoint == "token" and method in CLIENT_AUTHENTICATION

    def check_response_type(self, response_type: str) -> bool:
        """Codes only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """A code first, then refresh tokens."""
        return grant_type in {"authorization_code", "refresh_token"}


@dataclass(frozen=True, kw_only=True)
class Code(AuthorizationCodeMixin):
    """What the product may fetch once with a code."""

    person: Person
    redirect_uri: str
    scope: str
    nonce: str
    auth_time: int
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        """Where the code was sent; the token request names the same."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """The granted scopes."""
        return self.scope

    def get_nonce(self) -> str:
        """The client's own number, which comes back in the ID token."""
        return self.nonce

    def get_auth_time(self) -> int:
        """When the person clicked, in seconds since 1970."""
        return self.auth_time


@dataclass(frozen=True, kw_only=True)
class Token(TokenMixin):
    """Lets the product read `/userinfo` of one person, or ask for the next token."""

    person: Person
    scope: str

    def get_scope(self) -> str:
        """The granted scopes."""
        return self.scope

    def check_client(self, _client: Client) -> bool:
        """Whose it is: there is one client."""
        return True

    def is_expired(self) -> bool:
        """Never: an expired one is not found any more."""
        return False

    def is_revoked(self) -> bool:
        """Never: a revoked one is not found any more."""
        return False


@dataclass(frozen=True, kw_only=True)
class Registry:
    """What the provider knows: its client, its key, and the codes and tokens under way."""

    client: Client
    key: RSAKey
    codes: ShortLived[Code]
    tokens: ShortLived[Token] = field(default_factory=lambda: ShortLived(TOKEN_LIFETIME_S))
    refresh_tokens: ShortLived[Token] = field(default_factory=lambda: ShortLived(REFRESH_LIFETIME_S))

    def forget(self, person: Person) -> None:
        """No token of this person is good any more."""
        for kept in (self.tokens, self.refresh_tokens):
            kept.forget(lambda token: token.person == person)


class _Pkce(CodeChallenge):
    """S256 or nothing. Authlib alone would let a confidential client go without, or with a plain verifier."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Send a code_challenge with the code_challenge_method S256.")
        super().validate_code_challenge(grant, redirect_uri)


class _IdToken(OpenIDCode):
    """The signed sentence about who signed in."""

    def __init__(self, registry: Registry, app: Flask) -> None:
        super().__init__(require_nonce=True)
        self._registry = registry
        self._app = app

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        """Never: the client compares its nonce. Refusing a second use here would only punish a double click."""
        del nonce, request
        return False

    def resolve_client_private_key(self, _client: Client) -> RSAKey:
        return self._registry.key

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {**super().get_encode_header(client), "kid": self._registry.key.kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self._app.config["ISSUER"], "aud": [client.client_id]}

    def generate_user_info(self, user: Person, scope: str) -> dict[str, Any]:
        return user.claims(scope)


def _code_grant(registry: Registry) -> type[AuthorizationCodeGrant]:
    class CodeGrant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION

        def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
            asked = request.payload.data
            registry.codes.put(
                code,
                Code(
                    person=request.user,
                    redirect_uri=asked["redirect_uri"],
                    scope=request.scope,
                    nonce=asked.get("nonce", ""),
                    auth_time=int(time.time()),
                    code_challenge=asked["code_challenge"],
                    code_challenge_method=asked["code_challenge_method"],
                ),
            )

        def query_authorization_code(self, code: str, _client: Client) -> Code | None:
            """Taken, not read: whoever comes second has nothing, also when the first failed or both come at once."""
            return registry.codes.take(code)

        def delete_authorization_code(self, _authorization_code: Code) -> None:
            """Nothing: it was taken."""

        def authenticate_user(self, authorization_code: Code) -> Person:
            return authorization_code.person

    return CodeGrant


def _refresh_grant(registry: Registry) -> type[RefreshTokenGrant]:
    class RefreshGrant(RefreshTokenGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
            """Taken, not read: a token that was copied shows itself, because one of the two comes second."""
            return registry.refresh_tokens.take(refresh_token)

        def authenticate_user(self, refresh_token: Token) -> Person:
            return refresh_token.person

        def revoke_old_credential(self, _refresh_token: Token) -> None:
            """Nothing: it was taken."""

    return RefreshGrant


class _TokenReader(BearerTokenValidator):
    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    def authenticate_token(self, token_string: str) -> Token | None:
        return self._registry.tokens.get(token_string)


def authorization_server(app: Flask, registry: Registry) -> AuthorizationServer:
    """Authlib's server for this client. `app.config["ISSUER"]` must stand before the first request."""

    def save_token(token: dict[str, Any], request: OAuth2Request) -> None:
        kept = Token(person=request.user, scope=token.get("scope", ""))
        registry.tokens.put(token["access_token"], kept)
        registry.refresh_tokens.put(token["refresh_token"], kept)

    def client(client_id: str) -> Client | None:
        return registry.client if client_id == registry.client.client_id else None

    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": TOKEN_LIFETIME_S}
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    app.config["OAUTH2_SCOPES_SUPPORTED"] = list(SCOPES)
    server = AuthorizationServer(app, query_client=client, save_token=save_token)
    server.register_grant(_code_grant(registry), [_Pkce(required=True), _IdToken(registry, app)])
    server.register_grant(_refresh_grant(registry))
    return server


def token_protector(registry: Registry) -> ResourceProtector:
    """Lets a view be read with an access token only."""
    protector = ResourceProtector()
    protector.register_token_validator(_TokenReader(registry))
    return protector


def discovery(issuer: str) -> dict[str, Any]:
    """What a client reads first (OpenID Connect Discovery 1.0)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "backchannel_logout_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": list(CLIENT_AUTHENTICATION),
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(SCOPES),
        "claims_supported": ["sub", "name", "email", "email_verified", "groups"],
    }
