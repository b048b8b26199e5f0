"""The counts of the reports, straight from the tickets."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from services.queue.reports.report import KeptPromises
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import State

_answered, _due = tickets.c.first_responded_at, tickets.c.respond_by
_kept = (  # with the names that the newest ticket of each class has frozen
    sa.select(
        tickets.c.response_class,
        sa.func.max(tickets.c.class_rank).label("rank"),
        sa.func.array_agg(aggregate_order_by(tickets.c.class_names, tickets.c.id.desc()))[1].label("names"),
        sa.func.count().filter(_answered <= _due).label("in_time"),
        sa.func.count().filter(_answered > _due).label("late"),
        sa.func.count().filter(_answered.is_(None)).label("open_late"),
    )
    .where(_due > sa.bindparam("since"), _due <= sa.bindparam("until"))
    .where(sa.or_(_answered.is_not(None), tickets.c.state != State.CANCELED.value))
    .group_by(tickets.c.response_class)
    .order_by(sa.desc("rank"), tickets.c.response_class)
)


def kept_promises(session: Session, since: datetime, until: datetime) -> list[KeptPromises]:
    """Promises whose due time lay after `since` and not after `until`, by class, the best class first."""
    return [
        KeptPromises(
            class_id=row.response_class,
            rank=row.rank,
            names=row.names,
            in_time=row.in_time,
            late=row.late,
            open_late=row.open_late,
        )
        for row in session.execute(_kept, {"since": since, "until": until})
    ]
