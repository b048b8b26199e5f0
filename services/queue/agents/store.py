"""Agents: known from their sign-in, with the tier that their roles give."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.queue.agents.agent import Agent, Tier
from services.queue.agents.tables import agents


def _from_row(row: sa.Row[Any]) -> Agent:
    return Agent(id=row.id, name=row.name, tier=Tier(row.tier))


def remember(
    session: Session, new_id: str, subject: str, name: str, email: str | None, tier: Tier, now: datetime
) -> Agent:
    """The agent with this `sub`, new or brought up to date with what the provider says."""
    values = {"name": name, "email": email, "tier": tier.value, "seen_at": now}
    row = session.execute(
        insert(agents)
        .values(id=new_id, subject=subject, **values)
        .on_conflict_do_update(index_elements=[agents.c.subject], set_=values)
        .returning(agents)
    ).one()
    return _from_row(row)


def find_by_subject(session: Session, subject: str) -> Agent | None:
    """The agent with this `sub`, if they were here before."""
    row = session.execute(sa.select(agents).where(agents.c.subject == subject)).one_or_none()
    return None if row is None else _from_row(row)


def find(session: Session, agent_id: str | None) -> Agent | None:
    """The agent with this id; None for none."""
    if agent_id is None:
        return None
    return _from_row(session.execute(sa.select(agents).where(agents.c.id == agent_id)).one())
