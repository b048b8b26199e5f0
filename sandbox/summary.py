"""What the sandbox tells at the end of its start: a table for people, a JSON file for scripts."""

import json
from pathlib import Path
from typing import Any

from sandbox import terminal
from sandbox.databases import DatabaseUrls
from sandbox.settings import SUPPORT_EMAIL, Place, Secrets, write_private
from sandbox.signin.people import PEOPLE

CARDS = {"pays": "4242 4242 4242 4242", "is declined": "4000 0000 0000 0002"}


def write_json(place: Place, known: Secrets, databases: dict[str, DatabaseUrls], redis_url: str) -> None:
    """Write sandbox.json into the state folder, readable by the owner only."""
    told: dict[str, Any] = {
        "addresses": {
            "offer": place.public("billing"),
            "billing": place.public("billing"),
            "entitlements": place.public("entitlements"),
            "queue": place.public("queue"),
            "ask": f"{place.public('queue')}/ask",
            "desk": f"{place.public('queue')}/desk",
            "finance": f"{place.public('billing')}/finance",
            "stripe_standin": place.public("stripe"),
            "mail": place.public("mail"),
            "signin": place.public("signin"),
            "smtp": f"smtp://127.0.0.1:{place.ports['smtp']}",
        },
        "ports": place.ports,
        "support_email": SUPPORT_EMAIL,
        "people": [
            {"sub": person.sub, "name": person.name, "email": person.email, "roles": list(person.roles)}
            for person in PEOPLE
        ],
        "cards": CARDS,
        "secrets": {
            "api_key": known.get("api_key", "psk_"),
            "stripe_api_key": known.get("stripe_api_key", "sk_test_"),
            "stripe_webhook_secret": known.get("stripe_webhook", "whsec_"),
            "service_keys": {service: known.key(service) for service in databases},
        },
        "database_urls": {service: {"app": urls.app, "owner": urls.owner} for service, urls in databases.items()},
        "redis_url": redis_url,
    }
    write_private(told_file(place.state), json.dumps(told, indent=1))


def told_file(state: Path) -> Path:
    """The file for scripts; it exists from the moment when everything is ready until everything is told to stop."""
    return state / "sandbox.json"


def first_steps(place: Place, seconds: float) -> str:
    """The table of addresses, and what to do first."""
    rows = [
        ("Offer, for customers", place.public("billing"), "buy one incident; card 4242 4242 4242 4242 pays"),
        ("Desk, for agents", f"{place.public('queue')}/desk", "sign in as Ana (senior) or Ben, press Take next"),
        ("Finance", f"{place.public('billing')}/finance", "sign in as Finn, press Today so far"),
        ("Mail catcher", place.public("mail"), "every mail that was sent"),
        ("Stripe stand-in", place.public("stripe"), "payments, webhooks, faults to switch on"),
        ("Sign-in", place.public("signin"), "the demo people; no passwords"),
        ("Pending work", f"{place.public('billing')}/operator/work", "sign in as Olga; also on entitlements and queue"),
        ("API references", f"{place.public('queue')}/docs", "also on billing and entitlements"),
    ]
    return (
        f"\n{terminal.paint('Premium Support is running', '1;32')} (ready in {seconds:.1f} s)\n\n"
        f"{terminal.table(rows)}\n\n"
        f"  Begin with the offer page. Addresses, demo people and secrets for scripts: {told_file(place.state)}\n"
        f"  Ctrl-C stops everything; the next start finds the data again.\n"
    )
