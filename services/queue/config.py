"""The settings of the queue, read once; an incomplete environment refuses to start."""

from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from typing import Self
from urllib.parse import urlsplit

from shared.env import Env, SettingsError
from shared.settings import CommonSettings, OidcSettings, keep_keys_days
from shared.worktime import Calendar, weekdays


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that differs between one installation of the queue and another."""

    common: CommonSettings
    oidc: OidcSettings
    billing_url: str
    billing_public_url: str
    entitlements_url: str
    smtp_url: str = field(repr=False)
    smtp_tls: bool
    mail_from: str
    link_secret: str = field(repr=False)
    checkout_origin: str
    decision_deadline_s: float = 1.0
    """How long a form waits for the decision: the answer to the customer comes within two seconds in any case."""
    order_deadline_s: float = 3.0
    lease: timedelta
    payment_wait: timedelta
    decide_within: timedelta
    fallback_target: timedelta
    fallback_zone: str
    keep_keys_days: int
    keep_mails_days: int
    forms_per_network: int

    @classmethod
    def read(cls, env: Env | None = None) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        env = env or Env()
        smtp_url, smtp_tls = _mail_server(env)
        return cls(
            common=CommonSettings.read(env, "queue"),
            oidc=OidcSettings.read(env),
            billing_url=env.url("BILLING_URL", "Where billing answers the other services."),
            billing_public_url=env.url(
                "BILLING_PUBLIC_URL", "The address at which browsers reach billing: offers, and the way to pay."
            ),
            entitlements_url=env.url("ENTITLEMENTS_URL", "Where entitlements answers the other services."),
            smtp_url=smtp_url,
            smtp_tls=smtp_tls,
            mail_from=env.text(
                "MAIL_FROM",
                "Who the mails are from, as `Name <address>`; a person reads what is written to that address.",
            ),
            link_secret=env.secret(
                "LINK_SECRET", "Signs the links that open a ticket; a new one makes all links in old mails invalid."
            ),
            checkout_origin=env.url(
                "CHECKOUT_ORIGIN",
                "Where a form that buys may lead: browsers refuse a redirect to any other origin.",
                default="https://checkout.stripe.com",
            ),
            lease=_minutes(env, "LEASE_MINUTES", "How long an agent has a ticket without a sign of life.", 15),
            payment_wait=_minutes(
                env,
                "PAYMENT_WAIT_MINUTES",
                "How long a ticket waits for its payment, then it goes on as standard; a later payment still counts.",
                30,
            ),
            decide_within=_minutes(
                env, "DECIDE_WITHIN_MINUTES", "When no decision came in this time, the fallback promise is given.", 10
            ),
            fallback_target=timedelta(
                hours=env.integer(
                    "FALLBACK_TARGET_HOURS", "The fallback promise: an answer in so many working hours.", default=24
                )
            ),
            fallback_zone=env.text(
                "FALLBACK_ZONE",
                "The time zone of the fallback promise, whose clock runs from Monday to Friday.",
                default="Europe/Berlin",
            ),
            keep_keys_days=keep_keys_days(env),
            keep_mails_days=env.integer(
                "KEEP_MAILS_DAYS",
                "Days after which it is forgotten what a sent mail told; the conversation stays.",
                default=90,
                at_least=1,
            ),
            forms_per_network=env.integer(
                "FORMS_PER_NETWORK",
                "How many tickets one network may open by the form in ten minutes; an office is one network.",
                default=30,
            ),
        )

    @property
    def fallback_calendar(self) -> Calendar:
        """Monday to Friday in the fallback's zone."""
        return weekdays(self.fallback_zone)

    @property
    def support_email(self) -> str:
        """The address at which a person reads; also where every mail is answered to."""
        return parseaddr(self.mail_from)[1]


def _mail_server(env: Env) -> tuple[str, bool]:
    """Its address, and whether the way to it is encrypted. No password goes where it is not."""
    url = env.url(
        "SMTP_URL",
        "The mail server: `smtp://user:password@host:port` (STARTTLS) or `smtps://…` (TLS from the first byte on).",
        secret=True,
    )
    plain = env.optional(
        "SMTP_PLAIN_HOST", "The host of a mail catcher that has no TLS. To any other host mail goes encrypted, or not."
    )
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"}:
        raise SettingsError("SMTP_URL must begin with smtp:// or smtps://.")
    tls = parts.hostname != plain or parts.scheme == "smtps"
    if not tls and (parts.username or parts.password):
        raise SettingsError("SMTP_PLAIN_HOST would get the password of SMTP_URL unencrypted. Take one of them away.")
    return url, tls


def _minutes(env: Env, name: str, about: str, default: int) -> timedelta:
    return timedelta(minutes=env.integer(name, about, default=default))
