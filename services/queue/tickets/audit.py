"""The audit trail of a ticket: written with each change, read by nobody who could edit it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.tickets.tables import audit

CUSTOMER = "customer"
SYSTEM = "system"


def agent_actor(agent_id: str) -> str:
    """An agent as the trail names them."""
    return f"agent:{agent_id}"


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does what, why and when. `form_key` makes it happen once for each press of a button."""

    actor: str
    action: str
    why: str
    at: datetime
    form_key: str | None = None


def append(
    session: Session,
    act: Act,
    ticket_id: str,
    number: int,
    contact_key: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write one entry; `number` was counted up in the ticket's row, in this transaction, so that none is missing."""
    session.execute(
        audit.insert().values(
            ticket_id=ticket_id,
            number=number,
            contact_key=contact_key,
            happened_at=act.at,
            actor=act.actor,
            action=act.action,
            why=act.why,
            before=plain(before),
            after=plain(after),
            form_key=act.form_key,
        )
    )


def ticket_of_form(session: Session, form_key: str) -> str:
    """The ticket that the press of a button with this key got."""
    query = sa.select(audit.c.ticket_id).where(audit.c.form_key == form_key)
    ticket_id: str = session.execute(query).scalar_one()
    return ticket_id


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON can hold them."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case _:
            return value
