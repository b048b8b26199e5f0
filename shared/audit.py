"""The audit trail of a service: who changed what, why, before and after; added to, never altered.

Each aggregate (an order, a ticket, an account) counts its own entries in its row (`audit_number`). The count goes up in
the statement that changes the row, so that its numbers have no gap and no double, and an entry that is gone is missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared.money import Money
from shared.telemetry import request_id

CUSTOMER = "customer"
SYSTEM = "system"


def agent_actor(agent_id: str) -> str:
    """An agent as the trail names them."""
    return f"agent:{agent_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Who changes what, why and when. `form_key` makes it happen once for each press of a button.

    `actor` is CUSTOMER, SYSTEM, `agent:<id>`, `staff:<sub>`, `integrator:<name>` or `service:<name>`.
    """

    actor: str
    action: str
    why: str
    at: datetime
    form_key: str | None = None


def audit_table(metadata: sa.MetaData) -> sa.Table:
    """The trail of a service, to stand in its base_tables.py; its role may INSERT and SELECT only."""
    return sa.Table(
        "audit_entries",
        metadata,
        sa.Column("aggregate", sa.Text, primary_key=True, comment="what kind of thing was changed: order, ticket, ..."),
        sa.Column("aggregate_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, comment="counted in the aggregate's row, without gaps"),
        sa.Column("owner_key", sa.Text, nullable=False, comment="whose it is: what a bigger installation shards by"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column("form_key", sa.Text, unique=True, comment="digest of the form's token: one press, one change"),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    )


_audit = audit_table(sa.MetaData())
_insert = _audit.insert()


def append(
    session: Session,
    change: Change,
    *,
    aggregate: str,
    aggregate_id: str,
    number: int,
    owner_key: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write one entry in the transaction of the change; `number` is what the aggregate's row counts now."""
    session.execute(
        _insert,
        {
            "aggregate": aggregate,
            "aggregate_id": aggregate_id,
            "number": number,
            "owner_key": owner_key,
            "actor": change.actor,
            "action": change.action,
            "why": change.why,
            "before": as_json(before),
            "after": as_json(after),
            "form_key": change.form_key,
            "request_id": request_id(),
            "occurred_at": change.at,
        },
    )


def entry_of(
    changed: sa.CTE,
    *,
    aggregate: str,
    aggregate_id: sa.ColumnElement[str],
    owner_key: sa.ColumnElement[str],
    before: sa.ColumnElement[Any],
    after: sa.ColumnElement[Any],
) -> sa.CTE:
    """An entry for each row that `changed` returns, written in the very statement that changes it (`add_cte`).

    `changed` counts and returns `audit_number`. The statement is run with the values of `parameters_of`, and with
    none that has the name of a column: SQLAlchemy would write it into that column, in each UPDATE of the statement.
    """
    values = {
        "aggregate": sa.literal_column(f"'{aggregate}'", sa.Text),
        "aggregate_id": aggregate_id,
        "number": changed.c.audit_number,
        "owner_key": owner_key,
        "actor": sa.bindparam("audit_actor", type_=sa.Text),
        "action": sa.bindparam("audit_action", type_=sa.Text),
        "why": sa.bindparam("audit_why", type_=sa.Text),
        "before": before,
        "after": after,
        "form_key": sa.bindparam("audit_form_key", type_=sa.Text),
        "request_id": sa.bindparam("audit_request_id", type_=sa.Text),
        "occurred_at": sa.bindparam("audit_at", type_=sa.DateTime(timezone=True)),
    }
    rows = sa.select(*values.values()).select_from(changed)
    return _audit.insert().from_select(list(values), rows).returning(_audit.c.number).cte(f"trail_of_{changed.name}")


def parameters_of(change: Change) -> dict[str, Any]:
    """What a statement with an `entry_of` is run with."""
    return {
        "audit_actor": change.actor,
        "audit_action": change.action,
        "audit_why": change.why,
        "audit_form_key": change.form_key,
        "audit_request_id": request_id(),
        "audit_at": change.at,
    }


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON can hold them."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Enum():
            return value.value
        case Money():
            return {"amount_minor": value.amount_minor, "currency": value.currency}
        case _:
            return value
