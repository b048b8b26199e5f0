"""The table of staff sessions, and its statements: the one that each request of staff costs, and those that end some.

The row's absence is the end: whoever signs out, is signed out or has gone on for too long is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from shared.staff.session import LOOK_LASTS, Limits, Person, StaffSession

SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is known when somebody was last here: not each request writes."""


def staff_sessions_table(metadata: sa.MetaData) -> sa.Table:
    """The table, for a service's own metadata; its migration is the service's."""
    moment = sa.DateTime(timezone=True)
    return sa.Table(
        "staff_sessions",
        metadata,
        sa.Column("secret_hash", sa.Text, primary_key=True, comment="digest of what the browser holds"),
        sa.Column("subject", sa.Text, nullable=False, comment="`sub` at the sign-in provider"),
        sa.Column("provider_sid", sa.Text, comment="the provider's own name for the sign-in"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("sealed_tokens", sa.Text, nullable=False, comment="the provider's; the browser's secret opens them"),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("looked_at", moment, nullable=False, comment="when the provider last said who this is"),
        sa.Column("look_at", moment, nullable=False, comment="when it is asked again"),
        sa.Column("unanswered_at", moment, comment="when it was asked and did not answer"),
        sa.Index("staff_sessions_by_subject", "subject"),
        sa.Index("staff_sessions_by_end", "ends_at"),
    )


@dataclass(frozen=True, kw_only=True)
class Found:
    """A session that stands, and whether it is this request's turn to ask the provider."""

    session: StaffSession
    must_look: bool


_table: Final = staff_sessions_table(sa.MetaData())
_c: Final = _table.c
_now: Final = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_look_until: Final = sa.bindparam("look_until", type_=sa.DateTime(timezone=True))
_idle_since: Final = sa.bindparam("idle_since", type_=sa.DateTime(timezone=True))
_active: Final = sa.bindparam("active", type_=sa.Boolean)
_stands: Final = (_c.secret_hash == sa.bindparam("wanted"), _c.ends_at > _now, _c.seen_at > _idle_since)
# The reading and, once in a while, the writing are one statement: a request of staff costs no more. Who waited for
# another's write looks at the row anew, so that one of them has the turn.
_touched: Final = (
    _table.update()
    .where(*_stands, (_c.look_at <= _now) | (_active & (_c.seen_at <= _now - SEEN_EVERY)))
    .values(
        look_at=sa.case((_c.look_at <= _now, _look_until), else_=_c.look_at),
        seen_at=sa.case((_active, sa.func.greatest(_now, _c.seen_at)), else_=_c.seen_at),
    )
    .returning((_c.look_at == _look_until).label("mine"))
    .cte("touched")
)
_find: Final = sa.select(_table, sa.select(_touched.c.mine).scalar_subquery().label("mine")).where(*_stands)
_one: Final = _c.secret_hash == sa.bindparam("wanted")
_confirm: Final = (
    _table.update()
    .where(_one)
    .values(
        name=sa.bindparam("new_name"),
        email=sa.bindparam("new_email"),
        roles=sa.bindparam("new_roles", type_=ARRAY(sa.Text)),
        sealed_tokens=sa.bindparam("new_tokens"),
        looked_at=_now,
        look_at=sa.bindparam("next_look", type_=sa.DateTime(timezone=True)),
        unanswered_at=None,
    )
)
_put_off: Final = (
    _table.update()
    .where(_one)
    .values(
        sealed_tokens=sa.bindparam("new_tokens"),
        look_at=sa.bindparam("next_look", type_=sa.DateTime(timezone=True)),
        unanswered_at=_now,
    )
)
_end: Final = _table.delete().where(_one)


def begin(session: Session, secret_hash: str, person: Person, sealed_tokens: str, at: datetime, limits: Limits) -> None:
    """A session begins."""
    session.execute(
        _table.insert().values(
            secret_hash=secret_hash,
            subject=person.subject,
            provider_sid=person.provider_sid,
            name=person.name,
            email=person.email,
            roles=list(person.roles),
            sealed_tokens=sealed_tokens,
            began_at=at,
            seen_at=at,
            ends_at=at + limits.lasts,
            looked_at=at,
            look_at=at + limits.roles_hold,
        )
    )


def find(session: Session, secret_hash: str, now: datetime, limits: Limits, *, active: bool) -> Found | None:
    """The session of whoever holds the secret, while it stands; `active` counts against its idle end.

    For one request among all, once in a while, it is the turn to ask the provider.
    """
    values = {"wanted": secret_hash, "now": now, "active": active}
    values |= {"look_until": now + LOOK_LASTS, "idle_since": now - limits.idle}
    row = session.execute(_find, values).one_or_none()
    return None if row is None else Found(session=_from_row(row), must_look=bool(row.mine))


def confirm(
    session: Session, secret_hash: str, person: Person, sealed_tokens: str, now: datetime, limits: Limits
) -> None:
    """The provider has said again who this is."""
    session.execute(
        _confirm,
        {
            "wanted": secret_hash,
            "new_name": person.name,
            "new_email": person.email,
            "new_roles": list(person.roles),
            "new_tokens": sealed_tokens,
            "now": now,
            "next_look": now + limits.roles_hold,
        },
    )


def put_off(session: Session, secret_hash: str, sealed_tokens: str, now: datetime, limits: Limits) -> None:
    """The provider was asked and did not answer: it is asked again after a while, with these tokens."""
    next_look = now + limits.roles_hold
    values = {"wanted": secret_hash, "new_tokens": sealed_tokens, "now": now, "next_look": next_look}
    session.execute(_put_off, values)


def end(session: Session, secret_hash: str) -> bool:
    """This session is over; False where it was before."""
    return bool(session.execute(_end, {"wanted": secret_hash}).rowcount)  # type: ignore[attr-defined] # of a DELETE


def end_all(session: Session, subject: str | None, *, sid: str | None = None, before: datetime | None = None) -> int:
    """End each session of a person (None: of whoever has that sign-in at the provider). Returns how many.

    `before` spares those that began later.
    """
    if subject is None and sid is None:
        return 0
    which = [_c.subject == subject] if subject is not None else []
    if sid is not None:
        # A provider may name sign-ins when it ends them, and not have done so when they began.
        named = _c.provider_sid == sid
        which.append(named if subject is None else named | _c.provider_sid.is_(None))
    which += [_c.began_at <= before] if before is not None else []
    return int(session.execute(_table.delete().where(*which)).rowcount)  # type: ignore[attr-defined] # of a DELETE


def forget_ended(session: Session, now: datetime) -> None:
    """Delete those whose time is over, which nobody may use any more."""
    session.execute(_table.delete().where(_c.ends_at <= now))


def standing(session: Session, now: datetime, limits: Limits) -> Sequence[StaffSession]:
    """The sessions that stand, who came last first: for an operator."""
    query = sa.select(_table).where(_c.ends_at > now, _c.seen_at > now - limits.idle).order_by(_c.began_at.desc())
    return [_from_row(row) for row in session.execute(query)]


def _from_row(row: sa.Row[Any]) -> StaffSession:
    return StaffSession(
        person=Person(
            subject=row.subject,
            name=row.name,
            email=row.email,
            roles=tuple(row.roles),
            provider_sid=row.provider_sid,
        ),
        began_at=row.began_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        looked_at=row.looked_at,
        unanswered_at=row.unanswered_at,
        sealed_tokens=row.sealed_tokens,
    )
