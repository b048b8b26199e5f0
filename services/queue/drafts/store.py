"""Drafts in and out of their rows."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.queue.drafts.draft import FIELDS, Draft
from services.queue.drafts.tables import drafts

_one = sa.select(*(drafts.c[name] for name in (*FIELDS, "closed_form"))).where(
    drafts.c.agent_id == sa.bindparam("agent_id"), drafts.c.ticket_id == sa.bindparam("ticket_id")
)


def find(session: Session, agent_id: str, ticket_id: str) -> Draft:
    """What the agent has written about the ticket and not sent; an empty draft where there is nothing."""
    row = session.execute(_one, {"agent_id": agent_id, "ticket_id": ticket_id}).one_or_none()
    return Draft() if row is None else Draft(**row._mapping)


def keep(
    session: Session, agent_id: str, ticket_id: str, words: Mapping[str, str], form_token: str, now: datetime
) -> None:
    """Keep these fields. A page whose form was sent meanwhile changes nothing: its words stand where they were sent."""
    values = {**words, "kept_at": now}
    if any(words.values()):
        statement = insert(drafts).values(agent_id=agent_id, ticket_id=ticket_id, **values)
        key = [drafts.c.agent_id, drafts.c.ticket_id]
        is_open = drafts.c.closed_form != form_token
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=values, where=is_open))
    else:  # most pages are left without a word: no row for them
        standing = (drafts.c.agent_id == agent_id, drafts.c.ticket_id == ticket_id, drafts.c.closed_form != form_token)
        session.execute(drafts.update().where(*standing).values(**values))


def close(
    session: Session, agent_id: str, ticket_id: str, emptied: Iterable[str], form_token: str, now: datetime
) -> None:
    """These fields were sent by the page with this token: they are no draft any more."""
    values = dict.fromkeys(emptied, "") | {"closed_form": form_token, "kept_at": now}
    statement = insert(drafts).values(agent_id=agent_id, ticket_id=ticket_id, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[drafts.c.agent_id, drafts.c.ticket_id], set_=values)
    )
