"""Take next in one statement: the order of ordering.py as SQL over the index that serves exactly it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.queue.agents.agent import Tier
from services.queue.ordering.ordering import lanes
from services.queue.tickets.audit import Act
from services.queue.tickets.promise import ResponseClass
from services.queue.tickets.store import from_row
from services.queue.tickets.tables import audit, tickets
from services.queue.tickets.ticket import Ticket

COUNTED_TO = 1000
"""Counting ends here: "1000 and more" says as much as the exact number, at a bounded price."""


def _free(now: datetime) -> sa.ColumnElement[bool]:
    """Waits for an agent: in the queue, and nobody's lease runs. A lease that ended returns its ticket by itself."""
    return tickets.c.queued & sa.or_(tickets.c.lease_expires_at.is_(None), tickets.c.lease_expires_at <= now)


def _head(response_class: ResponseClass, now: datetime, unless: sa.CTE | None) -> sa.CTE:
    """The first free ticket of a lane, locked, past those being taken; none where an earlier lane had one."""
    head = (
        sa.select(tickets.c.id, tickets.c.owner_id)
        .where(tickets.c.response_class == response_class.value, _free(now))
        .order_by(tickets.c.respond_by, tickets.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if unless is not None:
        head = head.where(~sa.exists().select_from(unless))
    return head.cte(f"head_{response_class.value}")


def claim(session: Session, tier: Tier, agent_id: str, expires_at: datetime, act: Act) -> Ticket | None:
    """Give the agent the next ticket of their tier, with a lease and its audit entry; None when there is none.

    One statement: lock the head and skip what others are just taking, count the token up, write the entry.
    """
    heads: list[sa.CTE] = []
    for response_class in lanes(tier):
        heads.append(_head(response_class, act.at, heads[-1] if heads else None))
    head = sa.union_all(*(sa.select(lane.c.id, lane.c.owner_id) for lane in heads)).cte("head")
    claimed = (
        tickets.update()
        .where(tickets.c.id == head.c.id)
        .values(
            owner_id=agent_id,
            lease_token=tickets.c.lease_token + 1,
            lease_expires_at=expires_at,
            audit_number=tickets.c.audit_number + 1,
        )
        .returning(*tickets.c, head.c.owner_id.label("owner_before"))
        .cte("claimed")
    )
    noted = (
        audit.insert()
        .from_select(
            [
                "ticket_id",
                "number",
                "contact_key",
                "happened_at",
                "actor",
                "action",
                "why",
                "before",
                "after",
                "form_key",
            ],
            sa.select(
                claimed.c.id,
                claimed.c.audit_number,
                claimed.c.contact_key,
                sa.literal(act.at),
                sa.literal(act.actor),
                sa.literal(act.action),
                sa.literal(act.why),
                sa.func.jsonb_build_object("owner_id", claimed.c.owner_before),
                sa.func.jsonb_build_object("owner_id", claimed.c.owner_id, "lease_token", claimed.c.lease_token),
                sa.literal(act.form_key, sa.Text),
            ),
        )
        .cte("noted")
    )
    row = session.execute(sa.select(claimed).add_cte(noted)).one_or_none()
    return None if row is None else from_row(row)


def waiting_by_class(session: Session, now: datetime) -> dict[ResponseClass, int]:
    """How many tickets of each class nobody has, counted up to COUNTED_TO."""
    counts = {}
    for response_class in ResponseClass:
        some = sa.select(sa.literal(1)).where(tickets.c.response_class == response_class.value, _free(now))
        counts[response_class] = session.execute(
            sa.select(sa.func.count()).select_from(some.limit(COUNTED_TO).subquery())
        ).scalar_one()
    return counts
