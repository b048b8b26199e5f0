"""Promises kept: what is counted, and what the share is a share of."""

from dataclasses import dataclass
from datetime import timedelta

from services.queue.classes.response_class import Words, said_in

PERIOD = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class KeptPromises:
    """The promises of one class whose due time lay in the period. Canceled before an answer: not counted."""

    class_id: str
    rank: int
    names: Words
    in_time: int
    late: int
    open_late: int

    @property
    def due(self) -> int:
        """How many promises were due: the share below is a share of these."""
        return self.in_time + self.late + self.open_late

    @property
    def percent(self) -> int:
        """The share that was answered in time, rounded down: a promise that was missed never shows as 100."""
        return self.in_time * 100 // self.due if self.due else 0

    def name(self, language: str) -> str:
        """What people call the class."""
        return said_in(self.names, language) or self.class_id
