"""The operator's command line for pending work: what waits, what is parked and why, and its release."""

import sys
from collections.abc import Sequence

from shared.db import Database
from shared.telemetry import get_logger
from shared.work.kind import WorkKind

log = get_logger()

USAGE = """Usage:
  work                       how much waits, and what is parked
  work release KIND ID       try this one again
  work release KIND --all    try all of this kind again"""


def run_command(db: Database, kinds: Sequence[WorkKind], arguments: Sequence[str]) -> None:
    """Do what the words say, and print the outcome. Ends the process with a sentence when they say nothing known."""
    match arguments:
        case []:
            _show(db, kinds)
        case ["release", kind, key]:
            _release(db, kinds, kind, None if key == "--all" else key)
        case _:
            sys.exit(USAGE)


def _show(db: Database, kinds: Sequence[WorkKind]) -> None:
    with db.transaction() as session:
        for kind in kinds:
            _say(f"{kind.name}: {kind.pending(session)} pending, {kind.count_parked(session)} parked. {kind.title}.")
            for item in kind.parked(session):
                about = "" if item.about == item.key else f" ({item.about})"
                _say(f"  {item.key}{about}, parked {item.parked_at:%Y-%m-%d %H:%M} UTC after {item.attempts} tries:")
                _say(f"    {item.last_error}")


def _release(db: Database, kinds: Sequence[WorkKind], name: str, key: str | None) -> None:
    known = {kind.name: kind for kind in kinds}
    if name not in known:
        sys.exit(f"There is no kind {name!r}. Name one of: {', '.join(known)}.")
    with db.transaction() as session:
        released = known[name].release(session, key)
    log.info("work released", kind=name, key=key, released=released, by="command line")
    if key is not None and not released:
        sys.exit(f"Nothing was released: {key} is not parked.")
    _say(f"{released} released. Workers try again within seconds.")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
