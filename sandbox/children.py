"""The processes that the supervisor runs: started, watched, started again when they die, stopped in order."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import terminal
from sandbox.embedded import Identity, die_with_parent

LONGEST_PAUSE_S = 10.0
CALM_AFTER_S = 30.0
"""Who lived that long is started again at once when it dies."""
STOP_WITHIN_S = 12.0
_TAIL = 12


@dataclass(kw_only=True)
class Child:
    """One process, through all its lives."""

    name: str
    argv: list[str]
    env: Mapping[str, str] | None
    log: Path
    ready: Callable[[], bool]
    once: bool = False
    quiet: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    identity: Identity = field(default_factory=Identity)
    cwd: str | None = None
    process: subprocess.Popen[bytes] | None = None
    _tail: list[str] = field(default_factory=list)
    _began: float = 0.0
    _pause: float = 0.0
    _again_at: float = 0.0

    def start(self) -> None:
        """Start the process; its lines go to the terminal and to its log file. Call from the main thread."""
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.env,
            cwd=self.cwd,
            start_new_session=True,  # Ctrl-C is the supervisor's to pass on, in its order
            preexec_fn=die_with_parent(self.stop_signal),  # noqa: PLW1509 - a single prctl; see die_with_parent
            **self.identity.popen_arguments(),
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        with self.log.open("ab") as log:
            for raw in process.stdout:
                log.write(raw)
                log.flush()
                text = raw.decode(errors="replace").rstrip()
                self._tail = [*self._tail[-_TAIL:], text]
                if not self.quiet and text:
                    terminal.line(self.name, text)

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def failed(self) -> bool:
        """Whether it ended although it should not have, or without success."""
        if self.process is None or (code := self.process.poll()) is None:
            return False
        return code != 0 or not self.once

    @property
    def done(self) -> bool:
        """Whether it has reached what the next stage waits for."""
        if self.once:
            return self.process is not None and self.process.poll() == 0
        return self.running and self.ready()

    def last_words(self) -> str:
        """The end of what it said."""
        return "\n".join(self._tail)

    def revive(self) -> None:
        """Start it again if it has died: at once the first time, then with growing pauses."""
        if self.once or self.running or self.process is None:
            return
        now = time.monotonic()
        if not self._again_at:
            lived = now - self._began
            self._pause = 0.0 if lived > CALM_AFTER_S else min(LONGEST_PAUSE_S, self._pause * 2 or 0.5)
            self._again_at = now + self._pause
            terminal.say(f"{self.name} ended with status {self.process.returncode}; starting it again.")
        if now >= self._again_at:
            self._again_at = 0.0
            self.start()

    def ask_to_stop(self) -> None:
        """Tell it to end."""
        if self.running and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def wait_or_kill(self, deadline: float) -> None:
        """Wait for its end until that moment (monotonic), then kill it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            terminal.say(f"{self.name} did not stop in time; killed.")
            self.process.kill()
            self.process.wait()


def stop_all(groups: list[list[Child]]) -> None:
    """Stop the groups one after another, the last one started first."""
    for group in reversed(groups):
        for child in group:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_WITHIN_S
        for child in group:
            child.wait_or_kill(deadline)
