"""Print an `.env` with fresh secrets for docker-compose.yml: `python -m deploy.make_secrets > .env`."""

import json
import sys

from joserfc.jwk import OKPKey

from shared.ids import digest, new_token

SERVICES = ("billing", "entitlements", "queue")

FOR_YOU = {
    "STRIPE_API_KEY": "From https://dashboard.stripe.com/test/apikeys",
    "STRIPE_WEBHOOK_SECRETS": "From the webhook endpoint at Stripe, or as `stripe listen` prints it",
    "STAFF_PASSWORD_HASH": "In single quotes, from: docker run --rm -it caddy:2.11 caddy hash-password",
}
"""What no machine can make up: variable and where its value comes from."""


def _secret() -> str:
    # Letters and digits only: it stands in URLs and on a command line as it is.
    return digest(new_token())


def _jwk_pair() -> tuple[str, str]:
    key = OKPKey.generate_key("Ed25519")
    return json.dumps(key.as_dict(private=True)), json.dumps(key.as_dict(private=False))


def make_secrets() -> dict[str, str]:
    """A value for each secret of docker-compose.yml, by variable, without those of FOR_YOU."""
    secrets = {name: _secret() for name in ("POSTGRES_PASSWORD", "VALKEY_PASSWORD", "LINK_SECRET")}
    for service in SERVICES:
        prefix = service.upper()
        for kind in ("OWNER_PASSWORD", "APP_PASSWORD", "SECRET_KEY", "OIDC_CLIENT_SECRET"):
            secrets[f"{prefix}_{kind}"] = _secret()
        secrets[f"{prefix}_SERVICE_PRIVATE_KEY"], secrets[f"{prefix}_SERVICE_PUBLIC_KEY"] = _jwk_pair()
    return secrets


def env_file() -> str:
    """The file's text. Values stand in single quotes, in which Compose replaces nothing."""
    lines = ["# Secrets of one installation: never in git, readable by its operator only."]
    lines += [f"{name}='{value}'" for name, value in sorted(make_secrets().items())]
    for name, source in FOR_YOU.items():
        lines += ["", f"# {source}", f"{name}="]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(env_file())
