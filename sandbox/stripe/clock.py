"""The stand-in's clock: real time, moved ahead by whoever advances it, standing still while timers ring on the way.

Every stamp comes from here. What happens at its due time is stamped with that time, however late it is done.
"""

import threading
import time


def real_s() -> float:
    """This machine's clock, Unix seconds: for how long somebody waits, and what a signature is stamped with."""
    return time.time()


class Clock:
    """Real time plus what it was advanced by. Safe among threads; it never goes back."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._ahead_s = ahead_s
        self._stands_at: float | None = None

    def now(self) -> float:
        """The moment, Unix seconds."""
        with self._lock:
            return real_s() + self._ahead_s if self._stands_at is None else self._stands_at

    @property
    def ahead_s(self) -> float:
        """How far ahead of real time it is."""
        return self.now() - real_s()

    def stand_at(self, moment: float) -> None:
        """Stand still at a moment, never an earlier one than before."""
        with self._lock:
            here = real_s() + self._ahead_s if self._stands_at is None else self._stands_at
            self._stands_at = max(here, moment)

    def run_on(self) -> None:
        """Go on from where it stands."""
        with self._lock:
            if self._stands_at is not None:
                self._ahead_s = self._stands_at - real_s()
                self._stands_at = None
