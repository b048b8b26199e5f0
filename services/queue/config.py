"""The settings of the queue, read once; an incomplete environment refuses to start."""

from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from typing import Self

from shared.env import Env
from shared.settings import CommonSettings, OidcSettings
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
    mail_from: str
    link_secret: str = field(repr=False)
    checkout_origin: str
    """Where a form that buys may lead: browsers refuse a redirect to any other origin."""
    decision_deadline_s: float = 1.0
    """How long a form waits for the decision: the answer to the customer comes within two seconds in any case."""
    order_deadline_s: float = 3.0
    lease: timedelta = timedelta(minutes=15)
    payment_wait: timedelta = timedelta(minutes=30)
    """How long a ticket waits for a payment before it goes on as a standard one. A later payment still counts."""
    decide_within: timedelta = timedelta(minutes=10)
    """When no decision came in this time, the fallback promise is given."""
    fallback_target: timedelta = timedelta(hours=24)
    fallback_zone: str = "Europe/Berlin"
    premium_target: timedelta = timedelta(hours=2)
    """What the ask page says about a bought incident; the promise itself is always the decision's."""

    @classmethod
    def read(cls, env: Env | None = None) -> Self:
        """Read them, or refuse to start with a sentence that names the variable."""
        env = env or Env()
        return cls(
            common=CommonSettings.read(env, "queue"),
            oidc=OidcSettings.read(env),
            billing_url=env.url("BILLING_URL"),
            billing_public_url=env.url("BILLING_PUBLIC_URL"),
            entitlements_url=env.url("ENTITLEMENTS_URL"),
            smtp_url=env.url("SMTP_URL"),
            mail_from=env.text("MAIL_FROM"),
            link_secret=env.secret("LINK_SECRET"),
            checkout_origin=env.url("CHECKOUT_ORIGIN", "https://checkout.stripe.com"),
            lease=timedelta(minutes=env.integer("LEASE_MINUTES", 15)),
            payment_wait=timedelta(minutes=env.integer("PAYMENT_WAIT_MINUTES", 30)),
            decide_within=timedelta(minutes=env.integer("DECIDE_WITHIN_MINUTES", 10)),
            fallback_target=timedelta(hours=env.integer("FALLBACK_TARGET_HOURS", 24)),
            fallback_zone=env.text("FALLBACK_ZONE", "Europe/Berlin"),
            premium_target=timedelta(minutes=env.integer("PREMIUM_TARGET_MINUTES", 120)),
        )

    @property
    def fallback_calendar(self) -> Calendar:
        """Monday to Friday in the fallback's zone."""
        return weekdays(self.fallback_zone)

    @property
    def support_email(self) -> str:
        """The address at which a person reads; also where every mail is answered to."""
        return parseaddr(self.mail_from)[1]
