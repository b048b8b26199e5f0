"""Which processes the sandbox runs."""

import signal
import threading


def wait_for_end() -> None:
    """Sleep until SIGINT or SIGTERM: how a part of the sandbox waits for its supervisor."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
