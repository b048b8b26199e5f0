"""The stand-in's settings: where it listens and keeps its state, which key it takes, where webhooks go."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.stripe.currencies import CURRENCIES
from shared.env import Env, SettingsError

_RETRIES = "When a webhook is tried again: `quick` within seconds, `stripe` for three days as Stripe does."
_SETTLES = "In which currencies the account settles; others are converted to the first. Without it each stays itself."


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one stand-in.

    `retry_base_s`: the wait before a failed webhook's second attempt; it doubles. None: as long as Stripe waits.
    `capture_s`: after so long a charge that is captured asynchronously has its balance transaction.
    `settles`: the currencies of the account's balance, the first for all others; empty: each settles in itself.
    """

    host: str
    port: int
    public_url: str
    state_dir: Path
    api_key: str
    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_events: tuple[str, ...] = ("*",)
    merchant: str = "Premium Support"
    retry_base_s: float | None = 1.0
    capture_s: float = 1.0
    settles: tuple[str, ...] = ()


def from_env(env: Env) -> Settings:
    """The settings in the environment; a refusal names the variable."""
    bind = env.text("BIND", "Where the stand-in listens.", default="127.0.0.1:8004")
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError(
            "BIND must be host:port, such as 127.0.0.1:8004. Set BIND in the environment and start again."
        )
    webhook_url, webhook_secret = (
        env.optional("STRIPE_STANDIN_WEBHOOK_URL", "Where webhooks go; without it none are sent."),
        env.optional("STRIPE_STANDIN_WEBHOOK_SECRET", "What webhooks are signed with.", secret=True),
    )
    if (webhook_url is None) != (webhook_secret is None):
        raise SettingsError(
            "STRIPE_STANDIN_WEBHOOK_URL and STRIPE_STANDIN_WEBHOOK_SECRET are set together or not at all."
        )
    api_key = env.secret("STRIPE_API_KEY", "The one key that it takes.")
    if not api_key.startswith("sk_test_"):
        raise SettingsError("STRIPE_API_KEY must begin with sk_test_: the stand-in never sees a live key.")
    settles = tuple((env.optional("STRIPE_STANDIN_SETTLES", _SETTLES) or "").lower().replace(",", " ").split())
    if strange := [code for code in settles if code not in CURRENCIES]:
        raise SettingsError(f"STRIPE_STANDIN_SETTLES names {', '.join(strange)}; it knows {', '.join(CURRENCIES)}.")
    return Settings(
        host=host,
        port=int(port),
        public_url=env.url("PUBLIC_URL", "Where browsers find its payment page.", default=f"http://{bind}"),
        state_dir=Path(env.text("STRIPE_STANDIN_STATE", "The folder of its state.", default=".sandbox/stripe")),
        api_key=api_key,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        webhook_events=env.items("STRIPE_STANDIN_WEBHOOK_EVENTS", "Which events are sent.", default="*"),
        retry_base_s=None if env.text("STRIPE_STANDIN_RETRIES", _RETRIES, default="quick") == "stripe" else 1.0,
        settles=settles,
        merchant=env.text("STRIPE_STANDIN_MERCHANT", "Who sells, on the payment page.", default="Premium Support"),
    )
