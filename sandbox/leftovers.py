"""Processes that outlived their supervisor: found by what they wrote down, and ended before the next start.

On Linux the kernel ends them with the supervisor. Elsewhere a supervisor that was killed leaves them running, with the
ports and the data of the next one.
"""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from sandbox import terminal

_PATIENCE_S = 5.0


def note(folder: Path, name: str, pid: int, mark: str) -> None:
    """Write down that this process runs; `mark`, a part of its command line, tells it from a later one."""
    partial = folder / f"{name}.new"
    partial.write_text(f"{pid} {mark}")
    partial.replace(folder / f"{name}.pid")  # whoever reads it meanwhile finds the old one, never an empty file


def end_leftovers(folder: Path) -> None:
    """End whoever still runs of those written down there, gently at first."""
    running = {file.stem: pid for file in folder.glob("*.pid") if (pid := still_running(file))}
    if not running:
        return
    terminal.say(f"Ending what an earlier start left running: {', '.join(sorted(running))}.")
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in running.values():
            with suppress(ProcessLookupError):
                os.killpg(pid, number)
        deadline = time.monotonic() + _PATIENCE_S
        while running and time.monotonic() < deadline:
            running = {name: pid for name, pid in running.items() if still_running(folder / f"{name}.pid")}
            time.sleep(0.05)


def still_running(file: Path) -> int | None:
    """The pid that stands in the file, where it is still the process of which `note` wrote it down."""
    pid, _, mark = file.read_text().partition(" ")
    return int(pid) if pid.isdigit() and mark and mark in _command_of(int(pid)) else None


def _command_of(pid: int) -> str:
    """The command line of a process; empty when there is none (or only its name is left: a zombie)."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
