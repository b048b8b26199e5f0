"""Wake-ups leave beside the request: whoever waits for an answer does not wait for Valkey.

A wake-up only makes something happen sooner, so one that is lost with its process costs the time until the next sweep.
"""

from contextvars import Context, copy_context
from threading import Event, Lock, Thread
from time import sleep

from shared.db import Enqueue
from shared.telemetry import get_logger

log = get_logger()

PAUSE_S = 0.03
"""After a round of wake-ups others gather for so long. What is woken twice in it is woken once."""


class Waker:
    """Takes wake-ups and sends them from a thread of its own, in the order in which they came.

    The thread starts with the first one: a web process builds its application before it has its threads.
    """

    def __init__(self, enqueue: Enqueue, *, pause_s: float = PAUSE_S) -> None:
        self._enqueue = enqueue
        self._pause_s = pause_s
        self._waiting: dict[tuple[str, ...], Context] = {}
        self._lock = Lock()
        self._some = Event()
        self._thread: Thread | None = None

    def __call__(self, job: str, *arguments: str) -> None:
        """Wake that job soon. It carries the request id of whoever asked first."""
        with self._lock:
            self._waiting.setdefault((job, *arguments), copy_context())
            if self._thread is None:
                self._thread = Thread(target=self._send, name="wake-ups", daemon=True)
                self._thread.start()
        self._some.set()

    def _send(self) -> None:
        while self._some.wait():
            self._some.clear()
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            for wanted, context in waiting.items():
                try:
                    context.run(self._enqueue, *wanted)
                except Exception as error:
                    log.error("wake-up failed; the sweep will find the work", job=wanted[0], exc_info=error)
            sleep(self._pause_s)
