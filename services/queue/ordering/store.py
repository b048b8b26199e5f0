"""Take next in one statement: the order of ordering.py as SQL over the index that serves exactly it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.queue.agents.agent import Tier
from services.queue.base_tables import audit_entries
from services.queue.classes.response_class import TakenBy
from services.queue.ordering.ordering import lanes
from services.queue.tickets.store import AGGREGATE, from_row
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Ticket
from shared.audit import Change
from shared.telemetry import request_id

COUNTED_TO = 1000
"""Counting a lane ends here: "1000 and more" says as much as the exact number, at a bounded price."""

_now = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_free = tickets.c.queued & sa.or_(tickets.c.lease_expires_at.is_(None), tickets.c.lease_expires_at <= _now)
"""Waits for an agent: in the queue, and nobody's lease runs. A lease that ended returns its ticket by itself."""
_in_order = (tickets.c.class_rank.desc(), tickets.c.respond_by, tickets.c.id)


def head_of(lane: TakenBy) -> "sa.Select[Any]":
    """The first free ticket of a lane, locked, past those being taken."""
    return (
        sa.select(tickets.c.id, tickets.c.owner_id)
        .where(tickets.c.taken_by == sa.literal(lane.value), _free)
        .order_by(*_in_order)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _claiming(tier: Tier) -> "sa.Select[Any]":
    """Lock the head and skip what others are just taking, count lease and audit number up, write the entry."""
    heads: list[sa.CTE] = []
    for lane in lanes(tier):
        head = head_of(lane)
        if heads:  # only where the lanes before have none
            head = head.where(*(~sa.exists().select_from(before) for before in heads))
        heads.append(head.cte(f"head_of_{lane.value}"))
    first = sa.union_all(*(sa.select(head.c.id, head.c.owner_id) for head in heads)).cte("first")
    claimed = (
        tickets.update()
        .where(tickets.c.id == first.c.id)
        .values(
            owner_id=sa.bindparam("agent_id"),
            lease_token=tickets.c.lease_token + 1,
            lease_expires_at=sa.bindparam("expires_at", type_=sa.DateTime(timezone=True)),
            audit_number=tickets.c.audit_number + 1,
        )
        .returning(*tickets.c, first.c.owner_id.label("owner_before"))
        .cte("claimed")
    )
    # No parameter has the name of a column: SQLAlchemy would set that column of the ticket, too.
    lease = sa.func.jsonb_build_object("owner_id", claimed.c.owner_id, "lease_token", claimed.c.lease_token)
    entry = {
        "aggregate": sa.literal(AGGREGATE),
        "aggregate_id": claimed.c.id,
        "number": claimed.c.audit_number,
        "owner_key": claimed.c.contact_key,
        "actor": sa.bindparam("entry_actor", type_=sa.Text),
        "action": sa.bindparam("entry_action", type_=sa.Text),
        "why": sa.bindparam("entry_why", type_=sa.Text),
        "before": sa.func.jsonb_build_object("owner_id", claimed.c.owner_before, type_=JSONB),
        "after": lease,
        "form_key": sa.bindparam("entry_form_key", type_=sa.Text),
        "request_id": sa.bindparam("entry_request_id", type_=sa.Text),
        "occurred_at": _now,
    }
    noted = audit_entries.insert().from_select(list(entry), sa.select(*entry.values())).cte("noted")
    return sa.select(claimed).add_cte(noted)


_claim = {tier: _claiming(tier) for tier in Tier}
"""Built once: SQLAlchemy needs longer to build such a statement than Postgres to run it."""


def claim(session: Session, tier: Tier, agent_id: str, expires_at: datetime, change: Change) -> Ticket | None:
    """Give the agent the next ticket of their tier, with a lease and its audit entry; None when there is none."""
    row = session.execute(
        _claim[tier],
        {
            "now": change.at,
            "agent_id": agent_id,
            "expires_at": expires_at,
            "entry_actor": change.actor,
            "entry_action": change.action,
            "entry_why": change.why,
            "entry_form_key": change.form_key,
            "entry_request_id": request_id(),
        },
    ).one_or_none()
    return None if row is None else from_row(row)


def ticket_of_press(session: Session, form_key: str) -> str:
    """The ticket that the press of Take next with this key got."""
    query = sa.select(audit_entries.c.aggregate_id).where(audit_entries.c.form_key == form_key)
    ticket_id: str = session.execute(query).scalar_one()
    return ticket_id


@dataclass(frozen=True, kw_only=True)
class WaitingClass:
    """How many tickets of a class nobody has; `more`: counting its lane ended before they did."""

    class_id: str
    rank: int
    taken_by: TakenBy
    count: int
    more: bool = False


def _counting() -> "sa.Select[Any]":
    some = sa.union_all(
        *(
            sa.select(tickets.c.taken_by, tickets.c.class_rank, tickets.c.response_class)
            .where(tickets.c.taken_by == sa.literal(lane.value), _free)
            .order_by(*_in_order)
            .limit(COUNTED_TO)
            .subquery()
            .select()
            for lane in TakenBy
        )
    ).subquery("some")
    of_class = (some.c.taken_by, some.c.class_rank, some.c.response_class)
    return sa.select(*of_class, sa.func.count().label("waiting")).group_by(*of_class)


_count = _counting()


def waiting_by_class(session: Session, now: datetime) -> list[WaitingClass]:
    """How many tickets of each class nobody has, the best class first. Classes of which none waits are not named."""
    rows = session.execute(_count, {"now": now}).all()
    found = [
        WaitingClass(
            class_id=row.response_class,
            rank=row.class_rank,
            taken_by=TakenBy(row.taken_by),
            count=row.waiting,
            more=row.class_rank == _counted_down_to(rows, row.taken_by),
        )
        for row in rows
    ]
    return sorted(found, key=lambda waiting: (-waiting.rank, waiting.class_id))


def _counted_down_to(rows: Sequence[sa.Row[Any]], lane: str) -> int | None:
    """The rank in whose middle the counting of a lane ended; None when it came to the end of the lane."""
    in_lane = [row for row in rows if row.taken_by == lane]
    return min(row.class_rank for row in in_lane) if sum(row.waiting for row in in_lane) >= COUNTED_TO else None
