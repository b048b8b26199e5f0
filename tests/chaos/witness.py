"""The truth as an independent witness reads it: the rows as their owners, Stripe's lists, the mails that arrived."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import psycopg.sql
from psycopg.rows import dict_row

from tests.chaos.journal import Journal
from tests.chaos.office import Api
from tests.chaos.premises import Premises
from tests.chaos.releases import release_what_faults_parked
from tests.support import web

Row = dict[str, Any]

TABLES = {
    "billing": (
        *("orders", "order_payments", "charges", "balance_transactions", "ledger_transactions", "ledger_entries"),
        *("consumptions", "accounts", "audit_entries", "outbox", "inbox"),
    ),
    "entitlements": (
        *("grants", "credit_entries", "decisions", "tickets", "accounts", "audit_entries", "outbox", "inbox"),
    ),
    "queue": ("tickets", "messages", "outbound_mails", "agents", "audit_entries", "outbox", "inbox"),
}
_PAGE = 100
_RECONCILED_WITHIN_S = 60.0
_FOR_A_PERSON = ("_parked", ".orders_to_decide", ".answers")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """All that a judge is shown. `rows["billing"]["orders"]`; `charges` and `sessions` as Stripe lists them."""

    journal: Journal
    rows: dict[str, dict[str, list[Row]]]
    charges: list[Row] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)
    balance_transactions: list[Row] = field(default_factory=list)
    mails: list[Row] = field(default_factory=list)
    for_a_person: dict[str, int] = field(default_factory=dict)
    reconciliations: list[Row] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    mail_crashes: int = 0

    def paid_charges(self) -> Iterator[Row]:
        """What Stripe took money for."""
        return (charge for charge in self.charges if charge["paid"])


def by(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    """The rows under the value of that column, or the values of those."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        key = row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)
        groups.setdefault(key, []).append(row)
    return groups


def _read_service(url: str, tables: Iterable[str]) -> dict[str, list[Row]]:
    with psycopg.connect(url, row_factory=dict_row, connect_timeout=5) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return {
            table: connection.execute(
                psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table))
            ).fetchall()
            for table in tables
        }


def stripe_lists(premises: Premises, kind: str) -> list[Row]:
    """All objects of a kind, as Stripe lists them."""
    headers = {"Authorization": f"Bearer {premises.told['secrets']['stripe_api_key']}"}
    found: list[Row] = []
    with web.Visitor(premises.url("stripe"), headers=headers) as witness:
        while True:
            query = {"limit": _PAGE} | ({"starting_after": found[-1]["id"]} if found else {})
            answer = witness.get(f"/v1/{kind}", params=query)
            answer.raise_for_status()
            page = answer.json()
            found += page["data"]
            if not page["has_more"]:
                return found


def deliveries_on_their_way(premises: Premises) -> int:
    """Webhooks that the stand-in still tries to bring."""
    state = web.read(f"{premises.url('stripe')}/_sandbox/state")["deliveries"]
    return int(state.get("pending", 0)) + int(state.get("sending", 0))


def _caught_mails(premises: Premises) -> list[Row]:
    """All mails that arrived, each with its Message-ID."""
    found: list[Row] = web.read(f"{premises.url('mail')}/api/messages")["items"]
    for mail in found:
        mail["message_id"] = dict(mail["headers"]).get("Message-ID", "")
    return found


def read_truth(premises: Premises, journal: Journal, api: Api, *, mail_crashes: int) -> Truth:
    """Everything, read now."""
    charges = stripe_lists(premises, "charges")
    return Truth(
        journal=journal,
        reconciliations=_reconcile(api, charges),
        rows={service: _read_service(premises.owner(service), tables) for service, tables in TABLES.items()},
        charges=charges,
        sessions=stripe_lists(premises, "checkout/sessions"),
        balance_transactions=stripe_lists(premises, "balance_transactions"),
        mails=_caught_mails(premises),
        # What is only due has its time: an unpaid checkout is asked about a minute after it was opened. See rest.py.
        for_a_person={name: count for name, count in premises.pending().items() if name.endswith(_FOR_A_PERSON)},
        parked=release_what_faults_parked(premises, journal),
        mail_crashes=mail_crashes,
    )


def _reconcile(api: Api, charges: list[Row]) -> list[Row]:
    """A run over each day on which something was charged (one, unless midnight came in between)."""
    runs = []
    for day in sorted({datetime.fromtimestamp(charge["created"], UTC).date() for charge in charges}):
        run = _run_over(api, f"{day}", began=datetime.now(UTC))
        found = api.get("billing", f"/v1/reconciliations/{run['reconciliation_id']}/exceptions") or {"items": []}
        runs.append(run | {"exceptions": [one for one in found["items"] if one["resolved_at"] is None]})
    return runs


def _run_over(api: Api, day: str, *, began: datetime) -> Row:
    """A run that began now and is done; one that somebody has begun before is waited for first."""
    run: Row = {"date": day, "clean": False, "matched": 0, "reconciliation_id": "", "why": "it never answered"}
    deadline = time.monotonic() + _RECONCILED_WITHIN_S
    while time.monotonic() < deadline:
        answer = api.post("billing", "/v1/reconciliations", f"judge-{time.monotonic()}", {"date": day})
        if answer is not None and answer.ok:
            run = answer.json()
            while time.monotonic() < deadline and run["state"] in {"reading", "comparing"}:
                time.sleep(0.5)
                run = api.get("billing", f"/v1/reconciliations/{run['reconciliation_id']}") or run
            if datetime.fromisoformat(run["run_at"]) >= began:
                break
        time.sleep(0.5)
    return run
