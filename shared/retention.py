"""What grows is emptied: rows that only proved something for a while go, batch by batch, when their days are over.

The books, the audit trail, tickets, messages and orders are never among them.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa

from shared import clock
from shared.db import Database
from shared.telemetry import get_logger

log = get_logger()

BATCH = 1000
LASTS_S = 5.0
"""A run takes up no further batch after this, and wakes the next one: others of its pool do not wait behind it."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long the rows of a table are kept: so many days after the moment in the column `since`.

    `only` says which of them may go: never what is still to be done. With `emptied` a row stays, and the columns named
    there take those values.
    """

    table: sa.Table
    since: str
    days: int
    only: sa.ColumnElement[bool] | None = None
    emptied: Mapping[str, Any] | None = None


def forget_old(db: Database, kept: Sequence[Retention], *, lasts_s: float = LASTS_S) -> bool:
    """Forget what is older than its days, each batch in a transaction of its own; False when there is more of it."""
    ends = time.monotonic() + lasts_s
    for retention in kept:
        statement, gone = _statement(retention), 0
        oldest = clock.now() - timedelta(days=retention.days)
        while True:
            with db.transaction() as session:
                result = session.execute(statement, {"oldest": oldest, "most": BATCH})
                count = cast("sa.CursorResult[Any]", result).rowcount
            gone += count
            if count < BATCH:
                break
            if time.monotonic() > ends:
                log.info("old rows forgotten, more to come", table=retention.table.name, rows=gone)
                return False
        if gone:
            log.info("old rows forgotten", table=retention.table.name, rows=gone)
    return True


def _statement(retention: Retention) -> Any:
    table = retention.table
    which = table.c[retention.since] < sa.bindparam("oldest")
    if retention.only is not None:
        which &= retention.only
    key = list(table.primary_key.columns)
    # Whoever holds a row just now uses it: it is forgotten tomorrow. A CTE runs once, as for a claim (shared/work).
    old = sa.select(*key).where(which).limit(sa.bindparam("most")).with_for_update(skip_locked=True).cte("old")
    mine = sa.and_(*(column == old.c[column.name] for column in key))
    if retention.emptied is None:
        return table.delete().where(mine)
    return table.update().where(mine).values(**retention.emptied)
