"""The processes that the supervisor runs: started, watched, started again when they die, stopped in order."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import terminal
from sandbox.embedded import Identity, die_with_parent
from sandbox.leftovers import note
from sandbox.log_lines import short

LONGEST_PAUSE_S = 10.0
CALM_AFTER_S = 30.0
"""Who lived that long is started again at once when it dies."""
STOP_WITHIN_S = 12.0
_TAIL = 12
_STEP_S = 0.02


@dataclass(kw_only=True)
class Child:
    """One process, through all its lives."""

    name: str
    argv: list[str]
    mark: str
    """Stands in its command line: how a process that outlived its supervisor is known again."""
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
        """Start the process; its lines go to its log file, and in short to the terminal. Call from the main thread."""
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
        note(self.log.parent, self.name, self.process.pid, self.mark)
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        with process.stdout, self.log.open("ab") as log:
            for raw in process.stdout:
                log.write(raw)
                log.flush()
                text = raw.decode(errors="replace").rstrip()
                self._tail = [*self._tail[-_TAIL:], text]
                if not self.quiet and (shown := short(self.name, text, once=self.once)):
                    terminal.line(shown)

    @property
    def pid(self) -> int:
        """The id of its process now; 0 before the first."""
        return self.process.pid if self.process is not None else 0

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

    @property
    def age_s(self) -> float:
        """How long ago it was started, in seconds."""
        return time.monotonic() - self._began

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
            self._kill_group()
            when = f"in {self._pause:g} s" if self._pause else "now"
            said = f"{self.name} {ending(self.process.returncode)}; starting it again {when}. Its log: {self.log}"
            terminal.say(terminal.paint(said, terminal.WARNING))
        if now >= self._again_at:
            self._again_at = 0.0
            self.start()

    def ask_to_stop(self) -> None:
        """Tell it to end."""
        if self.running and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def wait_or_kill(self, deadline: float, hurry: Callable[[], bool]) -> None:
        """Wait for its end until that moment (monotonic) or until there is hurry, then kill it and its forks."""
        if self.process is None:
            return
        while self.running and time.monotonic() < deadline and not hurry():
            time.sleep(_STEP_S)
        if self.running:
            terminal.say(f"{self.name} did not stop in time; killed.")
            self._kill_group()
            self.process.wait()

    def _kill_group(self) -> None:
        """Kill the process and what it has forked: forks of a dead one would keep its port."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only zombies are left
                os.killpg(self.process.pid, signal.SIGKILL)


def ending(returncode: int) -> str:
    """How a process ended, in words: killed by a signal (negative), or ended with a status."""
    if returncode < 0:
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"ended with status {returncode}"


def stop_all(groups: list[list[Child]], hurry: Callable[[], bool] = lambda: False) -> None:
    """Stop the groups one after another, the last one started first. In a hurry nobody is waited for."""
    for group in reversed(groups):
        for child in group:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_WITHIN_S
        for child in group:
            child.wait_or_kill(deadline, hurry)
