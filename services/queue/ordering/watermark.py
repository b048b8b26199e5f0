"""From where the next look for a ticket starts: not at the head of a lane, but behind what was taken last.

Postgres keeps the index entries of tickets that have left the queue for as long as anybody, a backup or a report, may
still look at an old snapshot; from the head of a lane each claim would walk over all of them. So each process remembers
its place in each lane, for a moment only: what has come in before that place meanwhile (a ticket given back, a promise
that rose, a customer who wrote again) is found when the lane is looked through from its head again.

Nothing that matters rests on it. A ticket is handed out once, because the claim locks it; and before an agent is told
that nothing waits, each lane is looked through from its head.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from services.queue.classes.response_class import TakenBy

RENEWED_AFTER = timedelta(seconds=1)
"""So long may a ticket that came in before the remembered place be passed over."""
_RENEWED_AT_LAST = timedelta(seconds=10)
_SHARE_OF_RENEWING = 20
"""Where a look from the head takes long, it is done less often: a twentieth of the time goes into it, and no more."""


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """A place in a lane, in the order of the lane: higher ranks come first, so `minus_rank` grows."""

    minus_rank: int
    respond_by: datetime
    ticket_id: str


HEAD = Place(minus_rank=-(2**31), respond_by=datetime.min.replace(tzinfo=UTC), ticket_id="")
END = Place(minus_rank=2**31 - 1, respond_by=datetime.max.replace(tzinfo=UTC), ticket_id="")


@dataclass(frozen=True, kw_only=True)
class _Mark:
    """What is remembered of a lane. `round` counts the looks from its head."""

    place: Place = HEAD
    round: int = 0
    renewed_at: datetime | None = None
    lasts: timedelta = RENEWED_AFTER


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where one claim starts in each lane, and which lanes it looks through from the head."""

    places: Mapping[TakenBy, Place]
    rounds: Mapping[TakenBy, int]
    renews: frozenset[TakenBy]
    began: datetime


class Watermark:
    """The places of one process; threads share it."""

    def __init__(self) -> None:
        self._marks: dict[TakenBy, _Mark] = {lane: _Mark() for lane in TakenBy}
        self._lock = Lock()

    def start(self, lanes: Iterable[TakenBy], now: datetime, *, from_head: bool = False) -> Start:
        """Where to look. Of several threads that find a mark too old, one renews it; the others go on with it."""
        places, rounds, renews = {}, {}, set()
        with self._lock:
            for lane in lanes:
                mark = self._marks[lane]
                old = mark.renewed_at is None or not timedelta(0) <= now - mark.renewed_at < mark.lasts
                if old or from_head:
                    renews.add(lane)
                    self._marks[lane] = replace(mark, renewed_at=now)
                places[lane] = HEAD if lane in renews else mark.place
                rounds[lane] = mark.round
        return Start(places=places, rounds=rounds, renews=frozenset(renews), began=now)

    def note(self, start: Start, taken: tuple[TakenBy, Place] | None, now: datetime) -> None:
        """What the claim found: a ticket, behind which the next look starts; the lanes before it have no more."""
        with self._lock:
            for lane in start.places:
                found = taken is not None and taken[0] is lane
                mark, place = self._marks[lane], taken[1] if taken is not None and found else END
                if lane in start.renews:
                    lasts = min(max(RENEWED_AFTER, (now - start.began) * _SHARE_OF_RENEWING), _RENEWED_AT_LAST)
                    self._marks[lane] = _Mark(place=place, round=mark.round + 1, renewed_at=start.began, lasts=lasts)
                elif start.rounds[lane] == mark.round:  # else another thread has looked from the head since
                    self._marks[lane] = replace(mark, place=place)
                if found:
                    return
