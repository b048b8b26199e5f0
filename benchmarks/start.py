"""How soon the whole product stands, and what it costs while nobody uses it.

The first start makes the database, the second finds it. Idle is what all processes of the product take together:
seconds of CPU by the clock of the kernel, and memory as PSS, in which shared pages count once.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from benchmarks.paired import Benchmark, run

ROOT = Path(__file__).parent.parent
PATIENCE_S = 180.0
SETTLES_S = 15.0
"""After a start the sweeps take their first turns; idle is what comes after."""
_TICKS = os.sysconf("SC_CLK_TCK")


def measure(benchmark: Benchmark) -> None:
    """Start, stop, start, and look at it while it rests."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        state = Path(folder) / "state"
        state.mkdir()
        state.parent.chmod(0o755)  # Postgres may run as somebody else
        with _product(state) as (_, first):
            benchmark.record("first start, seconds", ours=first, bare=None, ratio=first, goal=12)
        with _product(state) as (root, second):
            benchmark.record("second start, seconds", ours=second, bare=None, ratio=second, goal=6)
            sleep(SETTLES_S)
            _idle(benchmark, root, benchmark.pick(quick=15, normal=30, full=60))


def _idle(benchmark: Benchmark, root: int, seconds: int) -> None:
    before = {pid: _cpu_s(pid) for pid in _family(root)}
    sleep(seconds)
    by_name: dict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for pid in _family(root):
        with suppress(OSError, ValueError):
            one = by_name[_name(pid)]
            one[0] += 1
            one[1] += _pss_mb(pid)
            one[2] += max(0.0, _cpu_s(pid) - before.get(pid, 0.0))
    for name, (number, memory, cpu) in sorted(by_name.items(), key=lambda one: -one[1][1]):
        benchmark.say(f"  {name:34} {number:3.0f} processes {memory:7.1f} MB {cpu / seconds:7.2%} of a core")
    memory, share = (sum(one[column] for one in by_name.values()) for column in (1, 2))
    benchmark.record("idle memory, MB (PSS)", ours=memory, bare=None, ratio=memory, goal=600)
    benchmark.record("idle CPU, % of a core", ours=share, bare=None, ratio=share / seconds * 100, goal=3)


@contextmanager
def _product(state: Path) -> Iterator[tuple[int, float]]:
    """The whole product without demo data: its supervisor's pid, and how long it took to stand."""
    told = state / "sandbox.json"
    # Below the ports that the kernel hands out to whoever asks for any.
    variables = {**os.environ, "SANDBOX_STATE": str(state), "PORT_BASE": str(12_000 + os.getpid() % 900 * 20)}
    argv = [sys.executable, "-m", "sandbox", "up", "--quiet", "--no-demo"]
    began = monotonic()
    process = subprocess.Popen(argv, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
    try:
        while not _complete(told):
            if process.poll() is not None or monotonic() - began > PATIENCE_S:
                raise RuntimeError("The product did not start.")
            sleep(0.02)
        yield process.pid, monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _complete(told: Path) -> bool:
    try:
        return bool(json.loads(told.read_text()))
    except (OSError, ValueError):
        return False


def _family(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children[int(_stat(int(entry.name))[1])].append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children[found[-1]]
    return found


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").split()
    if "-m" in words[:3]:
        return " ".join(words[words.index("-m") + 1 :][:2])
    return Path(words[0]).name.rstrip(":")


if __name__ == "__main__":
    run(measure, __doc__)
