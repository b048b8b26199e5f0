"""The settings that each service has alike; its own config.py adds the rest."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from shared.api_keys import ApiKey, read_api_keys
from shared.env import Env
from shared.staff.session import Limits


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
    api_keys: tuple[ApiKey, ...]
    web_workers: int
    web_threads: int
    keep_events_days: int
    trusted_proxies: int
    log_format: str
    build_commit: str | None

    @classmethod
    def read(cls, env: Env, service: str) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        return cls(
            service=service,
            public_url=env.url(
                "PUBLIC_URL",
                "The address at which browsers reach this service; links, redirects and cookies are made for it.",
            ),
            bind=env.text("BIND", "Where the web process listens, as `host:port`."),
            database_url=env.url(
                "DATABASE_URL", "The service's own database, as its own role: `postgresql+psycopg://…`.", secret=True
            ),
            redis_url=env.url(
                "REDIS_URL", "Valkey or Redis, which wakes jobs: `redis://…`. Nothing is true only there.", secret=True
            ),
            secret_key=env.secret("SECRET_KEY", "Signs the cookies of this service; a new one signs everybody out."),
            service_private_key=env.mapping(
                "SERVICE_PRIVATE_KEY",
                "The key with which this service proves to the others who it is: Ed25519, a private JWK.",
                secret=True,
            ),
            peer_public_keys=env.mapping(
                "PEER_PUBLIC_KEYS", 'The public half of each other service\'s key, by its name: `{"queue": {JWK}}`.'
            ),
            api_keys=read_api_keys(
                env.mapping(
                    "API_KEYS",
                    "Integrators who may call the API: of each the name, the SHA-256 of the key and the scopes, as "
                    "`python -m services.<name> api-key NAME SCOPE ...` prints them.",
                    default="{}",
                )
            ),
            web_workers=env.integer("WEB_WORKERS", "Web processes of this service on this machine.", default=1),
            web_threads=env.integer(
                "WEB_THREADS",
                "Threads of each web process, and database connections that it keeps for them.",
                default=8,
            ),
            keep_events_days=env.integer(
                "KEEP_EVENTS_DAYS",
                "Days after which events between services that are done are forgotten; 7 or more.",
                default=90,
                at_least=7,
            ),
            trusted_proxies=env.integer(
                "TRUSTED_PROXIES",
                "How many proxies of ours stand in front of the web process and say in X-Forwarded-For who calls. With "
                "too large a number anybody can say to be anybody; with too small a one all callers are one.",
                default=0,
            ),
            log_format=env.text(
                "LOG_FORMAT", "`json` for one object a line, `console` for people at a terminal.", default="json"
            ),
            build_commit=env.optional(
                "BUILD_COMMIT", "The git commit that this was built from, for `/version`; the image brings it along."
            ),
        )


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """The OpenID provider at which staff sign in; `roles_claim` names the list that holds their roles."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles_claim: str
    scopes: tuple[str, ...]
    limits: Limits

    @classmethod
    def read(cls, env: Env) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        return cls(
            issuer=env.url(
                "OIDC_ISSUER", "The OpenID provider at which staff sign in, under the address that browsers use too."
            ),
            client_id=env.text("OIDC_CLIENT_ID", "The name of this service at the provider."),
            client_secret=env.secret("OIDC_CLIENT_SECRET", "The secret that this service and the provider share."),
            roles_claim=env.text(
                "OIDC_ROLES_CLAIM",
                "The claim that lists a person's roles: agent, senior, supervisor, finance, operator.",
                default="groups",
            ),
            scopes=env.items(
                "OIDC_SCOPES",
                "What the provider is asked for. With `offline_access` it gives a refresh token, if it gives any.",
                default="openid,profile,email,groups,offline_access",
            ),
            limits=_limits(env),
        )


def _limits(env: Env) -> Limits:
    return Limits(
        lasts=timedelta(
            hours=env.integer("STAFF_SESSION_HOURS", "So many hours after a sign-in staff sign in again.", default=12)
        ),
        idle=timedelta(
            minutes=env.integer(
                "STAFF_IDLE_MINUTES",
                "So long staff stay signed in without doing anything; what an open page asks by itself does not count.",
                default=120,
            )
        ),
        roles_hold=timedelta(
            seconds=env.integer(
                "STAFF_ROLES_SECONDS",
                "The provider is asked again who somebody is and which roles they have when its word is so old.",
                default=60,
            )
        ),
        without_answer=timedelta(
            minutes=env.integer(
                "STAFF_ROLES_WITHOUT_ANSWER_MINUTES",
                "So long the last known roles hold while the provider does not answer; then staff sign in again.",
                default=10,
            )
        ),
    )


def keep_keys_days(env: Env) -> int:
    """For the services that take requests under an Idempotency-Key."""
    return env.integer(
        "KEEP_KEYS_DAYS",
        "Days in which a request that is sent again under its Idempotency-Key gets the same answer; 1 or more.",
        default=7,
        at_least=1,
    )


def owner_database_url(env: Env | None = None) -> str:
    """The database as its owner; only the process `migrate` is told, and may change tables."""
    return (env or Env()).url(
        "MIGRATION_DATABASE_URL",
        "The same database as `DATABASE_URL`, as its owner; only the process `migrate` needs it, and no other has it.",
        secret=True,
    )
