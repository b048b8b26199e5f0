"""The settings that each service has alike; its own config.py adds the rest."""

from dataclasses import dataclass, field
from typing import Any, Self

from shared.env import Env


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """How one service is reached, stores, recognizes its callers and runs its web process."""

    service: str
    public_url: str
    bind: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    service_private_key: dict[str, Any] = field(repr=False)
    peer_public_keys: dict[str, dict[str, Any]]
    api_key_hashes: dict[str, str]
    web_workers: int
    web_threads: int
    log_format: str

    @classmethod
    def read(cls, env: Env, service: str) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        return cls(
            service=service,
            public_url=env.url("PUBLIC_URL"),
            bind=env.text("BIND"),
            database_url=env.url("DATABASE_URL"),
            redis_url=env.url("REDIS_URL"),
            secret_key=env.secret("SECRET_KEY"),
            service_private_key=env.mapping("SERVICE_PRIVATE_KEY"),
            peer_public_keys=env.mapping("PEER_PUBLIC_KEYS"),
            api_key_hashes=env.mapping("API_KEY_HASHES", "{}"),
            web_workers=env.integer("WEB_WORKERS", 1),
            web_threads=env.integer("WEB_THREADS", 8),
            log_format=env.text("LOG_FORMAT", "json"),
        )


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """The OpenID provider at which staff sign in; `roles_claim` names the list that holds their roles."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles_claim: str

    @classmethod
    def read(cls, env: Env) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        return cls(
            issuer=env.url("OIDC_ISSUER"),
            client_id=env.text("OIDC_CLIENT_ID"),
            client_secret=env.secret("OIDC_CLIENT_SECRET"),
            roles_claim=env.text("OIDC_ROLES_CLAIM", "groups"),
        )
