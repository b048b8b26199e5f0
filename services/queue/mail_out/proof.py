"""How many mails go to an address that nobody has proved: a few, and then none until somebody acts by a mailed link.

Anybody can write a stranger's address into the form. The tickets stand all the same; the answers of persons are mailed
in any case. Opening a link proves nothing, for mail scanners do it, too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.queue.mail_out.letter import MailKind
from services.queue.mail_out.tables import outbound_mails, proven_addresses
from shared.db import wake_after_commit

MOST_IN_AN_HOUR = 3
MOST_IN_A_DAY = 10
_BY_ITSELF = (MailKind.ACKNOWLEDGEMENT, MailKind.PROMISED, MailKind.PROMISE_RAISED)
"""What goes out without a person of ours having written, and without anybody having paid."""

_now = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_alone = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('mails to ' || :contact_key, 0))")
_sent = sa.select(
    sa.func.count().filter(outbound_mails.c.created_at > _now - timedelta(hours=1)).label("in_an_hour"),
    sa.func.count().label("in_a_day"),
).where(
    outbound_mails.c.contact_key == sa.bindparam("contact_key"),
    outbound_mails.c.kind.in_(_BY_ITSELF),
    outbound_mails.c.held_at.is_(None),
    outbound_mails.c.created_at > _now - timedelta(days=1),
    outbound_mails.c.created_at
    > sa.func.coalesce(
        sa.select(proven_addresses.c.proven_at)
        .where(proven_addresses.c.contact_key == sa.bindparam("contact_key"))
        .scalar_subquery(),
        sa.text("'-infinity'"),
    ),
)
_prove = insert(proven_addresses).values(contact_key=sa.bindparam("contact_key"), proven_at=sa.bindparam("now"))
_prove = _prove.on_conflict_do_update(
    index_elements=[proven_addresses.c.contact_key], set_={"proven_at": _prove.excluded.proven_at}
)
_held = (outbound_mails.c.contact_key == sa.bindparam("of"), outbound_mails.c.held_at.is_not(None))
_count_held = sa.select(sa.func.count()).select_from(outbound_mails).where(*_held)
_of_ticket_held = _count_held.where(outbound_mails.c.ticket_id == sa.bindparam("ticket_id"))
_release = (
    outbound_mails.update()
    .where(*_held)
    .values(held_at=None, due_at=sa.func.now(), waits_since=sa.func.now())
    .returning(outbound_mails.c.id)
)


@dataclass(frozen=True, kw_only=True)
class Held:
    """The mails to an address that are held back: how many in all, and whether this ticket's is one of them."""

    count: int
    of_ticket: bool


def must_wait(session: Session, contact_key: str, kind: MailKind, now: datetime) -> bool:
    """Whether a mail of this kind is held back now. Forms that come at once are counted one after the other."""
    if kind not in _BY_ITSELF:
        return False
    session.execute(_alone, {"contact_key": contact_key})
    sent = session.execute(_sent, {"contact_key": contact_key, "now": now}).one()
    return bool(sent.in_an_hour >= MOST_IN_AN_HOUR or sent.in_a_day >= MOST_IN_A_DAY)


def prove_address(session: Session, contact_key: str, now: datetime) -> None:
    """Somebody has acted by a mailed link: mails go there again."""
    session.execute(_prove, {"contact_key": contact_key, "now": now})


def held_of(session: Session, contact_key: str, ticket_id: str) -> Held:
    """What is held back."""
    count = session.execute(_count_held, {"of": contact_key}).scalar_one()
    own = session.execute(_of_ticket_held, {"of": contact_key, "ticket_id": ticket_id}).scalar_one() if count else 0
    return Held(count=count, of_ticket=own > 0)


def send_held(session: Session, contact_key: str) -> int:
    """Let go what is held back, because the owner of the address asks for it; says how many."""
    released = session.execute(_release, {"of": contact_key}).scalars().all()
    for mail_id in released:
        wake_after_commit(session, "send_mail", mail_id)
    return len(released)
