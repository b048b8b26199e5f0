"""Where each part of the sandbox listens, its secrets, and the environment that each service is started with."""

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from sandbox.databases import SERVICES, DatabaseUrls, role_names

OFFSETS = {
    "billing": 1,
    "entitlements": 2,
    "queue": 3,
    "stripe": 4,
    "mail": 5,
    "signin": 6,
    "smtp": 7,
    "postgres": 8,
    "valkey": 9,
}
"""What is added to PORT_BASE for each part."""
INNER = ("smtp", "postgres", "valkey")
"""Parts that no person opens: where their port is taken, another one does as well."""
CLIENT_ID = "premium-support"
SUPPORT_EMAIL = "support@premium-support.example"
API_SCOPES = {
    "billing": [
        *("accounts:read", "accounts:write", "orders:read", "orders:write"),
        *("reconciliations:read", "reconciliations:write"),
    ],
    "entitlements": ["balances:read", "decisions:read", "response-classes:read", "traces:read"],
    "queue": ["tickets:read", "tickets:write"],
}
"""What the sandbox's API key may do: everything that a key can."""
WEBHOOK_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.succeeded",
    "charge.updated",
    "charge.captured",
    "charge.refunded",
)
"""The events that billing asks Stripe for. More of them would stand in line before the first payment."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the sandbox stands: the ports that it took, and the folder that keeps its state."""

    ports: dict[str, int]
    state: Path

    def public(self, part: str) -> str:
        """The address that a person opens."""
        return f"http://localhost:{self.ports[part]}"

    def inner(self, part: str) -> str:
        """The address that one part uses to reach another."""
        return f"http://127.0.0.1:{self.ports[part]}"

    def bind(self, part: str) -> str:
        """Where the part listens."""
        return f"127.0.0.1:{self.ports[part]}"


class Secrets:
    """Made once, kept in the state folder, readable by the owner only."""

    def __init__(self, state: Path) -> None:
        self._path = state / "secrets.json"
        self._known: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}

    def get(self, name: str, prefix: str = "") -> str:
        """The secret of that name; made now if there is none yet."""
        if name not in self._known:
            self._known[name] = prefix + secrets.token_hex(20)
            self._write()
        return self._known[name]

    def key(self, service: str) -> dict[str, Any]:
        """The private Ed25519 key (JWK) with which a service signs."""
        name = f"key:{service}"
        if name not in self._known:
            self._known[name] = json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))
            self._write()
        key: dict[str, Any] = json.loads(self._known[name])
        return key

    @cached_property
    def database_passwords(self) -> dict[str, str]:
        """A password for each database role."""
        return {role: self.get(f"database:{role}") for service in SERVICES for role in role_names(service)}

    def _write(self) -> None:
        write_private(self._path, json.dumps(self._known, indent=1))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)


def service_env(service: str, place: Place, known: Secrets, databases: DatabaseUrls, redis_url: str) -> dict[str, str]:
    """The environment of one service: the same names as in production, and only those that it reads."""
    public_keys = {
        peer: OKPKey.import_key(known.key(peer)).as_dict(private=False) for peer in SERVICES if peer != service
    }
    key = sha256(known.get("api_key", "psk_").encode()).hexdigest()
    return {
        "DATABASE_URL": databases.app,
        "REDIS_URL": redis_url,
        "SECRET_KEY": known.get(f"session:{service}"),
        "BIND": place.bind(service),
        "PUBLIC_URL": place.public(service),
        "SERVICE_PRIVATE_KEY": json.dumps(known.key(service)),
        "PEER_PUBLIC_KEYS": json.dumps(public_keys),
        "API_KEYS": json.dumps({"sandbox": {"sha256": key, "scopes": API_SCOPES[service]}}),
        **_OWN[service](place, known),
    }


def migration_env(databases: DatabaseUrls) -> dict[str, str]:
    """What the process that changes tables is told beside that; no other process knows the owner."""
    return {"MIGRATION_DATABASE_URL": databases.owner}


def _oidc(place: Place, known: Secrets) -> dict[str, str]:
    return {
        "OIDC_ISSUER": place.public("signin"),
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": known.get("oidc_client"),
    }


def _billing(place: Place, known: Secrets) -> dict[str, str]:
    return _oidc(place, known) | {
        "STRIPE_API_KEY": known.get("stripe_api_key", "sk_test_"),
        "STRIPE_WEBHOOK_SECRETS": known.get("stripe_webhook", "whsec_"),
        "STRIPE_API_BASE": place.inner("stripe"),
        "ENTITLEMENTS_URL": place.inner("entitlements"),
        "QUEUE_URL": place.inner("queue"),
        "QUEUE_PUBLIC_URL": place.public("queue"),
        "SUPPORT_EMAIL": SUPPORT_EMAIL,
    }


def _entitlements(place: Place, known: Secrets) -> dict[str, str]:
    return _oidc(place, known) | {"BILLING_URL": place.inner("billing"), "QUEUE_URL": place.inner("queue")}


def _queue(place: Place, known: Secrets) -> dict[str, str]:
    return _oidc(place, known) | {
        "BILLING_URL": place.inner("billing"),
        "ENTITLEMENTS_URL": place.inner("entitlements"),
        "BILLING_PUBLIC_URL": place.public("billing"),
        "CHECKOUT_ORIGIN": place.public("stripe"),
        "SMTP_URL": f"smtp://127.0.0.1:{place.ports['smtp']}",
        "SMTP_PLAIN_HOST": "127.0.0.1",  # the catcher has no TLS
        "MAIL_FROM": f"Premium Support <{SUPPORT_EMAIL}>",
        "LINK_SECRET": known.get("link"),
        "FORMS_PER_NETWORK": "1000",  # whoever tries it out is all customers at once
    }


_OWN = {"billing": _billing, "entitlements": _entitlements, "queue": _queue}


def stripe_env(place: Place, known: Secrets) -> dict[str, str]:
    """The environment of the Stripe stand-in."""
    return {
        "BIND": place.bind("stripe"),
        "PUBLIC_URL": place.public("stripe"),
        "STRIPE_API_KEY": known.get("stripe_api_key", "sk_test_"),
        "STRIPE_STANDIN_STATE": str(place.state / "stripe"),
        "STRIPE_STANDIN_WEBHOOK_URL": f"{place.inner('billing')}/webhooks/stripe",
        "STRIPE_STANDIN_WEBHOOK_SECRET": known.get("stripe_webhook", "whsec_"),
        "STRIPE_STANDIN_WEBHOOK_EVENTS": ",".join(WEBHOOK_EVENTS),
    }


def signin_env(place: Place, known: Secrets) -> dict[str, str]:
    """The environment of the sign-in provider."""
    return {
        "BIND": place.bind("signin"),
        "PUBLIC_URL": place.public("signin"),
        "SIGNIN_STATE": str(place.state / "signin"),
        "SIGNIN_CLIENT_ID": CLIENT_ID,
        "SIGNIN_CLIENT_SECRET": known.get("oidc_client"),
        "SIGNIN_REDIRECT_URIS": ",".join(f"{place.public(name)}/signin/callback" for name in SERVICES),
        "SIGNIN_LOGOUT_DOORS": ",".join(f"{place.inner(name)}/signin/backchannel-logout" for name in SERVICES),
    }


def demo_env(place: Place, _known: Secrets) -> dict[str, str]:
    """Where the demo data goes in: the same doors as everybody's."""
    return {"QUEUE_URL": place.public("queue"), "STRIPE_URL": place.public("stripe"), "MAIL_URL": place.public("mail")}
