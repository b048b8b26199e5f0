"""A claimed item of pending work, and what a person sees of a parked one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A claimed row. `attempt` is the claim's token: what is written under an older one changes nothing."""

    key: str
    lane: str
    attempt: int
    failures: int
    waits_since: datetime
    row: sa.Row[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parked:
    """Work that a person must look at."""

    kind: str
    key: str
    about: str
    parked_at: datetime
    waits_since: datetime
    attempts: int
    last_error: str
