"""The product under chaos: started as the sandbox does, on ports of its own, its state in a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.embedded import die_with_parent
from sandbox.leftovers import still_running
from tests.support import web
from tests.support.free_ports import free_base

ROOT = Path(__file__).parent.parent.parent
LEASE_S = 60
"""The shortest that the setting allows, so that leases end while people still hold their tickets."""
SETTINGS = {"LEASE_MINUTES": "1", "PAYMENT_WAIT_MINUTES": "1", "DECIDE_WITHIN_MINUTES": "1", "WEB_WORKERS": "2"}
SERVICES = ("billing", "entitlements", "queue")
STARTS_WITHIN_S = 240.0
STOPS_WITHIN_S = 40.0


class Premises:
    """A running product. Only its processes are ever touched, by the ids that its supervisor wrote down."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        self.folder.chmod(0o755)  # Postgres may run as another user
        self._state = self.folder / "state"
        scratch = self.folder / "tmp"  # who is killed leaves things there
        scratch.mkdir()
        places = {"SANDBOX_STATE": str(self._state), "PORT_BASE": str(free_base()), "TMPDIR": str(scratch)}
        own = {name: value for name, value in os.environ.items() if name not in {"POSTGRES_URL", "REDIS_URL"}}
        self._env = own | SETTINGS | places
        self._supervisor: subprocess.Popen[bytes] | None = None
        self.told: dict[str, Any] = {}

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        with (self.folder / "supervisor.log").open("wb") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "sandbox", "up", "--quiet", "--no-demo"],
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - a single prctl
            )
        told, deadline = self._state / "sandbox.json", time.monotonic() + STARTS_WITHIN_S
        while not told.exists():
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"The product did not start:\n{(self.folder / 'supervisor.log').read_text()[-2000:]}"
                )
            time.sleep(0.2)
        self.told = json.loads(told.read_text())

    def stop(self, *, keep: bool) -> None:
        """Stop everything; forget its data, unless somebody is to look at it."""
        if self._supervisor is not None and self._supervisor.poll() is None:
            self.thaw()
            self._supervisor.terminate()
            try:
                self._supervisor.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait()
        if not keep:
            forget = [sys.executable, "-m", "sandbox", "reset"]
            subprocess.run(forget, cwd=ROOT, env=self._env, check=False, capture_output=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, part: str) -> str:
        """The address of a part for people."""
        return f"http://localhost:{self.told['ports'][part]}"

    def owner(self, service: str) -> str:
        """The database of a service as its owner: what a witness reads."""
        return str(self.told["database_urls"][service]["owner"]).replace("+psycopg", "")

    @property
    def logs(self) -> Path:
        """What each part said."""
        return self._state / "logs"

    def pid(self, part: str) -> int:
        """The process of a part, as its supervisor wrote it down; 0 where there is none just now."""
        with suppress(OSError):
            return still_running(self.logs / f"{part}.pid") or 0
        return 0

    def parts(self) -> Iterator[str]:
        """All parts that run."""
        for file in sorted(self.logs.glob("*.pid")):
            yield file.stem

    def thaw(self) -> None:
        """Let everybody go on who was paused."""
        for part in self.parts():
            signal_all(self.pid(part), signal.SIGCONT)

    def pending(self) -> dict[str, int]:
        """What waits in each service, as it tells; -1 for one that does not answer."""
        counts: dict[str, int] = {}
        for service in SERVICES:
            try:
                answer = web.get(f"{self.url(service)}/readyz", timeout=5)
                counts |= {f"{service}.{name}": count for name, count in answer.json()["pending"].items()}
            except (OSError, ValueError, KeyError):
                counts[f"{service}.answers"] = -1
        return counts


def signal_all(pid: int, number: signal.Signals) -> bool:
    """Send the signal to a process and its children; False where it is gone. (Postgres' have groups of their own.)"""
    if not pid:
        return False
    reached = [send(one, number) for one in (pid, *children_of(pid))]
    return reached[0]


def send(pid: int, number: signal.Signals) -> bool:
    """Send the signal to one process; False where it is gone."""
    if not pid:
        return False
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def children_of(pid: int) -> list[int]:
    """The processes that this one has started and that live."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    pairs = (line.split() for line in listed.splitlines())
    return [int(child) for child, parent in pairs if int(parent) == pid]
