"""What a service reads from its environment is what the sandbox and Compose give it."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from docs import make_settings
from sandbox.databases import DatabaseUrls
from sandbox.processes import stages
from sandbox.settings import OFFSETS, Place, Secrets, service_env
from sandbox.supervisor import Options, Supervisor
from shared.env import Env
from tests.support.declared import compose, part, settings, settings_required
from tests.support.settings import SERVICES

FOR_MIGRATIONS = "MIGRATION_DATABASE_URL"
NOT_IN_COMPOSE = {
    "STRIPE_API_BASE": "leads to the stand-in; Compose talks to Stripe itself",
    "BUILD_COMMIT": "the image brings it along",
}
BASE_PORT = 8000
ADDRESSES = {f"{name.upper()}_URL": name for name in SERVICES}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(ports={name: BASE_PORT + offset for name, offset in OFFSETS.items()}, state=tmp_path)


def in_sandbox(service: str, place: Place) -> dict[str, str]:
    databases = DatabaseUrls(owner=f"postgresql+psycopg://o@127.0.0.1:1/{service}", app="postgresql+psycopg://a@h:1/x")
    return service_env(service, place, Secrets(place.state), databases, "redis://127.0.0.1:1/0")


def containers(service: str) -> dict[str, dict[str, str]]:
    """The environment of each container of a service."""
    services: dict[str, Any] = compose()["services"]
    return {
        name: {key: str(value) for key, value in one["environment"].items()}
        for name, one in services.items()
        if name.startswith(f"{service}-")
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_refuses_to_start_without_what_it_needs_and_names_the_variable(service: str) -> None:
    required = settings_required(service)
    assert required >= {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SERVICE_PRIVATE_KEY", "PEER_PUBLIC_KEYS"}
    assert required == {name for name, one in settings(service).items() if one.required}, (
        "what it says and what it does"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_secret_is_marked_as_one_and_has_no_default(service: str) -> None:
    secrets = {name for name, one in settings(service).items() if one.secret}
    assert secrets >= {name for name in settings(service) if re.search("SECRET|_KEY$|PRIVATE|DATABASE_URL", name)}
    assert secrets <= settings_required(service)


@pytest.mark.parametrize("service", SERVICES)
def test_the_sandbox_gives_a_service_all_that_it_needs_and_nothing_that_it_does_not_read(
    service: str, place: Place
) -> None:
    given = in_sandbox(service, place)
    assert settings_required(service) <= given.keys()
    assert given.keys() <= settings(service).keys()
    part(service, "config").Settings.read(Env(given))


@pytest.mark.parametrize("service", SERVICES)
def test_compose_gives_a_service_exactly_what_it_reads(service: str) -> None:
    for name, given in containers(service).items():
        expected = settings(service).keys() - NOT_IN_COMPOSE.keys()
        expected |= {FOR_MIGRATIONS} if name == f"{service}-migrate" else set()
        assert given.keys() == expected, name


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_migration_holds_the_owners_password(service: str) -> None:
    for name, given in containers(service).items():
        assert any("_OWNER_PASSWORD" in value for value in given.values()) is (name == f"{service}-migrate")


@pytest.mark.parametrize("service", SERVICES)
def test_the_sandbox_tells_the_owners_password_to_the_migration_alone(service: str, tmp_path: Path) -> None:
    supervisor = Supervisor(Options(port_base=BASE_PORT, state=tmp_path, quiet=True, demo=False))
    supervisor.place = Place(ports={name: BASE_PORT + offset for name, offset in OFFSETS.items()}, state=tmp_path)
    supervisor.databases = {
        name: DatabaseUrls(
            owner=f"postgresql+psycopg://o:of-the-owner@h:1/{name}", app=f"postgresql+psycopg://a@h:1/{name}"
        )
        for name in SERVICES
    }
    told = {one.name for stage in stages() for one in stage if "of-the-owner" in str(supervisor._child(one).env)}
    assert {name for name in told if name.startswith(service)} == {f"{service}-migrate"}
    assert all(name.endswith("-migrate") for name in told)


@pytest.mark.parametrize("service", SERVICES)
def test_compose_sets_what_a_service_needs_and_asks_for_it_where_nobody_can_know_it(service: str) -> None:
    for name, given in containers(service).items():
        for variable in settings_required(service) & given.keys():
            value = re.sub(r"\$\{[^}]*:-([^}]*)\}", r"\1", given[variable])
            assert value, f"{name}: {variable} would be empty"
        secrets = {variable for variable in given if re.search("SECRET|PRIVATE|API_KEY$|DATABASE_URL", variable)}
        for variable in secrets:
            assert re.search(r"\$\{\w+:\?[^}]+\}", given[variable]), f"{name}: {variable} has a default or a value"


@pytest.mark.parametrize("service", SERVICES)
def test_the_addresses_in_compose_lead_to_where_the_peers_listen(service: str) -> None:
    ports = {peer: int(containers(peer)[f"{peer}-web"]["BIND"].rpartition(":")[2]) for peer in SERVICES}
    for given in containers(service).values():
        for variable, peer in ADDRESSES.items():
            if variable in given:
                address = urlsplit(given[variable])
                assert (address.hostname, address.port) == (f"{peer}-web", ports[peer])


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_its_own_database_role_and_keys(service: str, place: Place) -> None:
    others = [other for other in SERVICES if other != service]
    for given in containers(service).values():
        assert f"//{service}_app:" in given["DATABASE_URL"]
        assert given["DATABASE_URL"].endswith(f"/{service}")
        assert f"{service.upper()}_SERVICE_PRIVATE_KEY" in given["SERVICE_PRIVATE_KEY"]
        assert all(f'"{other}":' in given["PEER_PUBLIC_KEYS"] for other in others)
        assert not any(f"{other.upper()}_SERVICE_PRIVATE_KEY" in str(given) for other in others)
    mine = in_sandbox(service, place)
    for other in others:
        theirs = in_sandbox(other, place)
        assert mine["SECRET_KEY"] != theirs["SECRET_KEY"]
        assert mine["SERVICE_PRIVATE_KEY"] != theirs["SERVICE_PRIVATE_KEY"]


def test_stripes_key_is_billings_alone(place: Place) -> None:
    for service in SERVICES:
        has_it = any("STRIPE" in name for given in containers(service).values() for name in given)
        assert has_it is (service == "billing")
        assert any("STRIPE" in name for name in in_sandbox(service, place)) is (service == "billing")


@pytest.mark.parametrize("service", SERVICES)
def test_settings_shown_in_a_log_hide_what_is_secret(service: str, place: Place) -> None:
    given = in_sandbox(service, place)
    shown = repr(part(service, "config").Settings.read(Env(given)))
    for name, one in settings(service).items():
        assert not one.secret or given[name] not in shown, name


def rows() -> dict[str, list[list[str]]]:
    """The rows of docs/settings.md by the name of the setting: read by, kind, default, what it is for."""
    found: dict[str, list[list[str]]] = {}
    for name, rest in re.findall(r"^\| `(\w+)` \| (.+) \|$", make_settings.PAGE.read_text("utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(rest.split(" | "))
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_of_settings_names_each_one_with_its_default_and_what_it_is_for(service: str) -> None:
    written = rows()
    for name, one in settings(service).items():
        assert name in written, f"{name} is new: make docs"
        default = f"`{one.default}`" if one.default else "**required**" if one.required else "none"
        [row] = [row for row in written[name] if row[0] == "all" or service in row[0]]
        assert row[2:] == [default, one.about], f"{name} has changed: make docs"
        assert ("secret" in row[1]) is one.secret, name


def test_the_page_of_settings_names_the_owners_database_and_nothing_that_is_gone() -> None:
    known = {name for service in SERVICES for name in settings(service)} | {FOR_MIGRATIONS}
    assert rows().keys() == known, "make docs"


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_setting_is_for_is_one_sentence_that_fits_the_table(service: str) -> None:
    for name, one in settings(service).items():
        assert one.about.endswith("."), name
        assert "|" not in one.about, name
