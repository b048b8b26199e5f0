"""The truth as an independent witness reads it: the rows as their owners, Stripe's own lists, the mails that arrived."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import psycopg.sql
from psycopg.rows import dict_row

from tests.chaos.journal import Journal
from tests.chaos.premises import Premises
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


@dataclass(frozen=True, kw_only=True)
class Truth:
    """All that a judge is shown. `rows["billing"]["orders"]`; `charges` and `sessions` as Stripe lists them."""

    journal: Journal
    rows: dict[str, dict[str, list[Row]]]
    charges: list[Row] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)
    balance_transactions: list[Row] = field(default_factory=list)
    mails: list[Row] = field(default_factory=list)
    pending: dict[str, int] = field(default_factory=dict)
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


def read_rows(premises: Premises) -> dict[str, dict[str, list[Row]]]:
    """All tables that the invariants speak of, each service's as they stood in one moment."""
    return {service: _read_service(premises.owner(service), tables) for service, tables in TABLES.items()}


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


def caught_mails(premises: Premises) -> list[Row]:
    """All mails that arrived, each with its Message-ID."""
    found: list[Row] = web.read(f"{premises.url('mail')}/api/messages")["items"]
    for mail in found:
        mail["message_id"] = dict(mail["headers"]).get("Message-ID", "")
    return found
