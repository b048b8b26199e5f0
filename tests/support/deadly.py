"""Work that kills its worker: `python -m tests.support.deadly SERVICE DATABASE_URL`, for each kind of that service.

Takes a row of each kind as it is, lets it be due, and has one process after the other die in the middle of it. Prints
`{kind: [deaths, parked]}`; a kind of which there is no row is missing.
"""

import importlib
import json
import os
import sys
from typing import Any

import sqlalchemy as sa

from shared.db import Database
from shared.work.kind import WorkKind
from shared.work.run import run_due

DIED = 9
_MORE_THAN_ENOUGH = 6


def die(_item: Any) -> None:
    """As if the operating system had taken the process away."""
    os._exit(DIED)


def worker_dies(url: str, kind: WorkKind) -> bool:
    """One worker at this kind of work; whether it died."""
    child = os.fork()
    if child == 0:
        run_due(Database(url, pooled=False), kind, die)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED


def main(service: str, url: str) -> None:
    """Try each kind, and tell."""
    told = {}
    for kind in importlib.import_module(f"services.{service}.pending").KINDS:
        db = Database(url, pooled=False)
        with db.transaction() as session:
            session.execute(kind._table.update().values(due_at=None))
            key = session.execute(sa.select(kind._key).limit(1)).scalar_one_or_none()
        if key is None:
            continue
        with db.transaction() as session:
            kind.schedule(session, key)
        deaths = 0
        for _ in range(_MORE_THAN_ENOUGH):
            deaths += worker_dies(url, kind)
            with db.transaction() as session:  # the claim of the dead ends
                table = kind._table
                session.execute(table.update().where(table.c.due_at.is_not(None)).values(due_at=sa.func.now()))
        with db.transaction() as session:
            told[kind.name] = [deaths, kind.count_parked(session)]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
