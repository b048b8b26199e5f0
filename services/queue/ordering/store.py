"""Take next in one statement: the order of ordering.py as SQL over the index that serves exactly it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.agents.agent import Tier
from services.queue.base_tables import audit_entries
from services.queue.classes.response_class import TakenBy
from services.queue.ordering.ordering import lanes
from services.queue.ordering.watermark import Place
from services.queue.tickets.store import AGGREGATE, from_row
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Ticket
from shared.audit import Change, entry_of, parameters_of

COUNTED_TO = 1000
"""Counting a lane ends here: "1000 and more" says as much as the exact number, at a bounded price."""

_now = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_free = tickets.c.queued & tickets.c.lease_expires_at.is_(None)
"""Waits for an agent, and nobody has a right to it. Only such tickets stand in the index of the order."""
_ended = tickets.c.queued & (tickets.c.lease_expires_at <= _now)
"""Waits for an agent since somebody's lease has ended."""
_in_order = (-tickets.c.class_rank, tickets.c.respond_by, tickets.c.id)


def head_of(lane: TakenBy) -> "sa.Select[Any]":
    """The first free ticket of a lane behind a place, locked, past those being taken."""
    place = sa.tuple_(
        sa.bindparam(f"{lane}_minus_rank", type_=sa.Integer),
        sa.bindparam(f"{lane}_respond_by", type_=sa.DateTime(timezone=True)),
        sa.bindparam(f"{lane}_ticket_id", type_=sa.Text),
    )
    return (
        sa.select(tickets.c.id, tickets.c.owner_id)
        .where(tickets.c.taken_by == sa.literal_column(f"'{lane.value}'"), _free, sa.tuple_(*_in_order) > place)
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
    trail = entry_of(
        claimed,
        aggregate=AGGREGATE,
        aggregate_id=claimed.c.id,
        owner_key=claimed.c.contact_key,
        before=sa.func.jsonb_build_object("owner_id", claimed.c.owner_before),
        after=sa.func.jsonb_build_object("owner_id", claimed.c.owner_id, "lease_token", claimed.c.lease_token),
    )
    return sa.select(claimed).add_cte(trail)


_claim = {tier: _claiming(tier) for tier in Tier}
"""Built once: SQLAlchemy needs longer to build such a statement than Postgres to run it."""


def claim(
    session: Session,
    tier: Tier,
    agent_id: str,
    expires_at: datetime,
    change: Change,
    places: Mapping[TakenBy, Place],
) -> Ticket | None:
    """The next ticket of the agent's tier behind these places, with a lease and its audit entry; None for none."""
    row = session.execute(
        _claim[tier],
        {
            "agent_id": agent_id,
            "expires_at": expires_at,
            **parameters_from(places),
            **parameters_of(change),
        },
    ).one_or_none()
    return None if row is None else from_row(row)


def parameters_from(places: Mapping[TakenBy, Place]) -> dict[str, Any]:
    """What a statement with a `head_of` is run with."""
    return {f"{lane}_{name}": value for lane, place in places.items() for name, value in vars(place).items()}


_give_back_ended = (
    tickets.update()
    .where(tickets.c.id.in_(sa.select(tickets.c.id).where(_ended).with_for_update(skip_locked=True)))
    .values(lease_expires_at=None)
)


def give_back_ended(session: Session, now: datetime) -> None:
    """Let the tickets whose lease has ended wait in their lanes again. Whoever had one last may still take it again."""
    session.execute(_give_back_ended, {"now": now})


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
    what = sa.select(tickets.c.taken_by, tickets.c.class_rank, tickets.c.response_class)
    lanes_ = (
        what.where(tickets.c.taken_by == sa.literal(lane.value), _free).order_by(*_in_order).limit(COUNTED_TO)
        for lane in TakenBy
    )
    parts = (*lanes_, what.where(_ended).limit(COUNTED_TO))
    some = sa.union_all(*(part.subquery().select() for part in parts)).subquery("some")
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
