"""The operator's command line for sessions of staff: who is signed in, and the end of somebody's sessions."""

import sys
from collections.abc import Sequence

from shared import clock
from shared.db import Database
from shared.staff import store
from shared.staff.session import Limits
from shared.telemetry import get_logger

log = get_logger()

USAGE = """Usage:
  sessions               who is signed in at this service
  sessions end SUBJECT   end each session of this person here, at once"""


def run_command(db: Database, limits: Limits, arguments: Sequence[str]) -> None:
    """Do what the words say, and print the outcome. Ends the process with a sentence when they say nothing known."""
    match arguments:
        case []:
            _show(db, limits)
        case ["end", subject]:
            _end(db, subject)
        case _:
            sys.exit(USAGE)


def _show(db: Database, limits: Limits) -> None:
    with db.transaction() as session:
        found = store.standing(session, clock.now(), limits)
    for one in found:
        who, roles = one.person, ", ".join(one.person.roles) or "no role"
        since, seen = f"{one.began_at:%Y-%m-%d %H:%M}", f"{one.seen_at:%H:%M}"
        _say(f"{who.subject} ({who.name}; {roles}): since {since}, last seen {seen} UTC")
    _say(f"{len(found)} sessions.")


def _end(db: Database, subject: str) -> None:
    with db.transaction() as session:
        ended = store.end_all(session, subject)
    log.info("sessions ended", subject=subject, sessions=ended, by="command line")
    if not ended:
        sys.exit(f"Nothing was ended: nobody named {subject!r} is signed in here. `sessions` lists who is.")
    _say(f"{ended} ended. Who has the role at the provider can sign in again: take it away there first.")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
