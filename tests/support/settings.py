"""The environment of a service in tests: as the sandbox gives it, with made-up secrets."""

import json
from functools import cache
from hashlib import sha256
from typing import Any

from joserfc.jwk import OKPKey

from sandbox.settings import API_SCOPES

SERVICES = ("billing", "entitlements", "queue")
API_KEY = "psk_test_integrator_key"
STRIPE_KEY = "sk_test_standin"
WEBHOOK_SECRET = "whsec_test_secret_of_the_standin"
LINK_SECRET = "link-secret-of-the-tests-0123456789"


@cache
def keys() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Private and public JWK of each service."""
    made = {name: OKPKey.generate_key("Ed25519") for name in SERVICES}
    return {name: (key.as_dict(private=True), key.as_dict(private=False)) for name, key in made.items()}


def environment(
    service: str, *, databases: dict[str, Any], redis_url: str, urls: dict[str, str], **more: str
) -> dict[str, str]:
    """The variables of one service. `urls` names billing, entitlements, queue, and where used stripe, smtp, signin."""
    private, _ = keys()[service]
    peers = {name: public for name, (_, public) in keys().items() if name != service}
    url = urls.get(service, "http://127.0.0.1:1")
    return {
        "DATABASE_URL": databases[service].app,
        "MIGRATION_DATABASE_URL": databases[service].owner,
        "REDIS_URL": redis_url,
        "SECRET_KEY": f"secret-of-{service}-for-tests",
        "BIND": url.removeprefix("http://"),
        "PUBLIC_URL": url,
        "SERVICE_PRIVATE_KEY": json.dumps(private),
        "PEER_PUBLIC_KEYS": json.dumps(peers),
        "API_KEYS": json.dumps(
            {"shop": {"sha256": sha256(API_KEY.encode()).hexdigest(), "scopes": API_SCOPES[service]}}
        ),
        "OIDC_ISSUER": urls.get("signin", "http://127.0.0.1:1"),
        "OIDC_CLIENT_ID": "premium-support",
        "OIDC_CLIENT_SECRET": "client-secret-of-the-tests",
        "STRIPE_API_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "STRIPE_API_BASE": urls.get("stripe", "http://127.0.0.1:1"),
        "CHECKOUT_ORIGIN": urls.get("stripe", "http://127.0.0.1:1"),
        "SUPPORT_EMAIL": "support@example.test",
        "BILLING_URL": urls.get("billing", "http://127.0.0.1:1"),
        "ENTITLEMENTS_URL": urls.get("entitlements", "http://127.0.0.1:1"),
        "QUEUE_URL": urls.get("queue", "http://127.0.0.1:1"),
        "BILLING_PUBLIC_URL": urls.get("billing", "http://127.0.0.1:1"),
        "QUEUE_PUBLIC_URL": urls.get("queue", "http://127.0.0.1:1"),
        "SMTP_URL": urls.get("smtp", "smtp://127.0.0.1:1"),
        "SMTP_PLAIN_HOST": "127.0.0.1",
        "MAIL_FROM": "Premium Support <support@example.test>",
        "LINK_SECRET": LINK_SECRET,
        "FORMS_PER_NETWORK": "100000",  # all customers of a test sit at one address
        **more,
    }
