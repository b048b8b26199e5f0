"""The settings of entitlements, read once from the environment."""

from dataclasses import dataclass
from typing import Self

from shared.env import Env
from shared.settings import CommonSettings, OidcSettings


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that entitlements is told from outside."""

    common: CommonSettings
    oidc: OidcSettings
    billing_url: str
    queue_url: str
    policy_file: str | None

    @classmethod
    def read(cls, env: Env | None = None) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        env = env or Env()
        return cls(
            common=CommonSettings.read(env, "entitlements"),
            oidc=OidcSettings.read(env),
            billing_url=env.url("BILLING_URL", "Where billing answers the other services."),
            queue_url=env.url("QUEUE_URL", "Where queue answers the other services."),
            policy_file=env.optional(
                "POLICY_FILE",
                "The file (TOML) with response classes, targets and calendars; without it the shipped policy holds.",
            ),
        )
