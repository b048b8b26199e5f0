"""The processes of `tests/support/odd_service.py`, and what they have written down."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def seen(notes: Path) -> list[str]:
    """The lines that the jobs wrote."""
    return notes.read_text().splitlines() if notes.exists() else []


def words(notes: Path) -> list[str]:
    """The lines without the request at their end."""
    return [line.rsplit(" ", 1)[0] for line in seen(notes)]


def command(process: str, url: str, notes: Path, *pools: str) -> list[str]:
    """How a process of the odd service is started."""
    return [sys.executable, "-m", "tests.support.odd_service", process, url, str(notes), *pools]


def work(url: str, notes: Path) -> list[dict[str, Any]]:
    """A worker until its queues are empty; what it logged. It must end well, whatever lay there."""
    ended = subprocess.run(
        command("burst", url, notes), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


@contextmanager
def running(process: str, url: str, notes: Path, *pools: str) -> Iterator[subprocess.Popen[bytes]]:
    """A parent with its workers; at the end it stops when it is told to, and has left no child behind."""
    log = notes.with_name("log")
    with log.open("ab") as output:
        started = subprocess.Popen(command(process, url, notes, *pools), cwd=ROOT, stdout=output, stderr=output)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            assert started.wait(15) == 0, log.read_text()


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait for a condition; returns what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return found
