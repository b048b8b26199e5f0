"""The operator at work: releases what was parked because faults killed its worker too often, and nothing else."""

import threading

import psycopg
import psycopg.sql

from tests.chaos.journal import Journal, Outcome
from tests.chaos.premises import SERVICES, Premises
from tests.chaos.visitor import Visitor

_WORK = {
    "billing": {"outbox": "id", "webhook_events": "event_id", "orders": "order_id", "charges": "charge_id"},
    "entitlements": {"outbox": "id"},
    "queue": {
        "outbox": "id",
        "outbound_mails": "id",
        "pending_decisions": "ticket_id",
        "promise_deadlines": "ticket_id",
        "payment_waits": "ticket_id",
    },
}
"""Where work can be parked."""
_BY_FAULTS = ("Its worker ended without a word", "Cut off after")


def parked(premises: Premises) -> list[tuple[str, str, str, str]]:
    """What is parked: service, table, key and why."""
    found = []
    for service, tables in _WORK.items():
        with psycopg.connect(premises.owner(service), connect_timeout=5) as connection:
            for table, key in tables.items():
                query = psycopg.sql.SQL("SELECT {}, last_error FROM {} WHERE parked_at IS NOT NULL").format(
                    psycopg.sql.Identifier(key), psycopg.sql.Identifier(table)
                )
                found += [(service, table, str(row[0]), str(row[1])) for row in connection.execute(query)]
    return found


def release_what_faults_parked(premises: Premises, journal: Journal) -> list[str]:
    """Press "Release" for each item whose workers were killed; gives what is parked for another reason."""
    all_parked = parked(premises)
    explained = [item for item in all_parked if item[3].startswith(_BY_FAULTS)]
    for service in SERVICES:
        keys = {key for where, _, key, _ in explained if where == service}
        if keys:
            _release(premises, journal, service, keys)
    return [" ".join(item) for item in all_parked if item not in explained]


def _release(premises: Premises, journal: Journal, service: str, keys: set[str]) -> None:
    olga = Visitor(journal, threading.Event())
    page = f"{premises.url(service)}/operator/work"
    olga.look(page)
    if olga.has_form("/authorize"):
        olga.post("/authorize", sub="olga")
        olga.look(olga.next_place)
        olga.look(page)
    for form in olga.forms("/operator/work/release"):
        if form.values.get("key") in keys and olga.send_form(form) is Outcome.TAKEN:
            journal.count(f"operator: released after too many deaths ({service}, {form.values['kind']})")
