"""The secrets of a Compose installation: made once, complete, and good for what they are for."""

import json
import re
from pathlib import Path

from deploy.make_secrets import FOR_YOU, SERVICES, env_file, make_secrets
from shared.identity import BearerVerifier, ServiceIdentity

COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"


def test_what_compose_asks_for_is_made_or_named_and_nothing_else() -> None:
    asked_for = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text(encoding="utf-8")))

    assert asked_for == set(make_secrets()) | set(FOR_YOU)


def test_every_secret_is_fresh_each_time_and_none_is_used_twice() -> None:
    first, second = make_secrets(), make_secrets()

    assert len(set(first.values())) == len(first)
    assert not set(first.values()) & set(second.values())


def test_passwords_stand_in_urls_as_they_are() -> None:
    secrets = make_secrets()
    passwords = [value for name, value in secrets.items() if not name.endswith(("_PRIVATE_KEY", "_PUBLIC_KEY"))]

    assert all(re.fullmatch(r"[0-9a-f]{64}", password) for password in passwords)


def test_each_service_is_recognized_by_its_peers_and_public_keys_keep_the_secret() -> None:
    secrets = make_secrets()
    for service in SERVICES:
        public = json.loads(secrets[f"{service.upper()}_SERVICE_PUBLIC_KEY"])
        private = json.loads(secrets[f"{service.upper()}_SERVICE_PRIVATE_KEY"])
        token = ServiceIdentity(service, private).token("callee")

        caller = BearerVerifier("callee", {service: public}, ()).caller(token)

        assert caller is not None
        assert caller.name == service
        assert "d" in private
        assert "d" not in public


def test_the_file_has_one_line_for_each_secret_and_leaves_the_operators_own_to_fill() -> None:
    lines = dict(line.split("=", 1) for line in env_file().splitlines() if line and not line.startswith("#"))

    assert set(lines) == set(make_secrets()) | set(FOR_YOU)
    assert all(lines[name] == "" for name in FOR_YOU)
    assert all(re.fullmatch(r"'[^'\n]+'", lines[name]) for name in make_secrets())
