"""The settings of billing, read once from the environment."""

from dataclasses import dataclass, field
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.env import Env, SettingsError
from shared.settings import CommonSettings, OidcSettings, keep_keys_days

_CHECKOUT_MINUTES = (35, 1430)  # Stripe lets a checkout live 30 minutes to 24 hours; some go by on the way to it
_SHORTEST_WEBHOOK_SECRET = 16


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that billing is told from outside."""

    common: CommonSettings
    oidc: OidcSettings
    stripe_api_key: str = field(repr=False)
    stripe_webhook_secrets: tuple[str, ...] = field(repr=False)
    stripe_api_base: str | None
    entitlements_url: str
    queue_url: str
    queue_public_url: str
    support_email: str
    books_zone: str
    checkout_minutes: int
    keep_keys_days: int
    keep_webhooks_days: int
    catalog_file: str | None

    @classmethod
    def read(cls, env: Env | None = None) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        env = env or Env()
        return cls(
            common=CommonSettings.read(env, "billing"),
            oidc=OidcSettings.read(env),
            stripe_api_key=env.secret(
                "STRIPE_API_KEY", "A key of your Stripe account; `sk_test_` or `rk_test_` to try.", at_least=12
            ),
            stripe_webhook_secrets=_webhook_secrets(env, "STRIPE_WEBHOOK_SECRETS"),
            stripe_api_base=env.optional_url(
                "STRIPE_API_BASE", "Where a stand-in plays Stripe; without it billing talks to Stripe itself."
            ),
            entitlements_url=env.url("ENTITLEMENTS_URL", "Where entitlements answers the other services."),
            queue_url=env.url("QUEUE_URL", "Where queue answers the other services."),
            queue_public_url=env.url(
                "QUEUE_PUBLIC_URL", "The address at which browsers reach queue: tickets, and where to ask."
            ),
            support_email=env.text(
                "SUPPORT_EMAIL", "The address to which customers may write; the offer and the payment pages name it."
            ),
            books_zone=_zone(env, "BOOKS_ZONE"),
            checkout_minutes=_checkout_minutes(env, "CHECKOUT_MINUTES"),
            keep_keys_days=keep_keys_days(env),
            keep_webhooks_days=env.integer(
                "KEEP_WEBHOOKS_DAYS",
                "Days after which webhooks that were handled are forgotten; 31 or more, as Stripe lists them for 30.",
                default=90,
                at_least=31,
            ),
            catalog_file=env.optional(
                "CATALOG_FILE", "What is sold, in place of the `catalog.toml` of this release: the path of a TOML file."
            ),
        )


def _webhook_secrets(env: Env, name: str) -> tuple[str, ...]:
    about = "What Stripe signs its webhooks with (`whsec_…`); while it is changed, the old and the new one."
    secrets = env.items(name, about, secret=True)
    if any(len(secret) < _SHORTEST_WEBHOOK_SECRET for secret in secrets):
        raise SettingsError(f"{name} holds a secret that is too short. Copy it from Stripe's webhook endpoint.")
    return secrets


def _zone(env: Env, name: str) -> str:
    zone = env.text(name, "The time zone of the books: where a day of the reconciliation begins.", default="UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"{name} must be a time zone such as Europe/Berlin, not {zone!r}.") from None
    return zone


def _checkout_minutes(env: Env, name: str) -> int:
    shortest, longest = _CHECKOUT_MINUTES
    about = f"Minutes that a payment page stays open, from {shortest} to {longest}."
    minutes = env.integer(name, about, default=60)
    if not shortest <= minutes <= longest:
        raise SettingsError(f"{name} must be from {shortest} to {longest} (Stripe sets the limits), not {minutes}.")
    return minutes
