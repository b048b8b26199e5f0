"""Embedded Postgres and Valkey, and who may do what in the three databases."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from sandbox import postgres_home
from sandbox.databases import SERVICES, DatabaseUrls, create_databases, role_names
from sandbox.embedded import (
    Server,
    ServerFailedError,
    forget_postgres,
    start_postgres,
    start_valkey,
    stop_leftover_postgres,
)

PASSWORDS = {role: f"{role}-secret" for service in SERVICES for role in role_names(service)}
TINY = {"shared_buffers": "8MB", "max_connections": 20}


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = tmp_path_factory.mktemp("servers")
    server = start_postgres(state, durable=False, **TINY)
    yield server
    server.stop()
    forget_postgres(state)


@pytest.fixture(scope="module")
def urls(server: Server) -> dict[str, DatabaseUrls]:
    return create_databases(server.url, PASSWORDS)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("role", ["owner", "app"])
def test_no_service_gets_into_the_database_of_another(urls: dict[str, DatabaseUrls], service: str, role: str) -> None:
    own = plain(getattr(urls[service], role))
    psycopg.connect(own).close()
    for foreign in {*SERVICES, "postgres", "template1"} - {service}:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(own, dbname=foreign)


def test_the_app_role_reads_only_what_a_migration_granted(urls: dict[str, DatabaseUrls]) -> None:
    with psycopg.connect(plain(urls["billing"].owner), autocommit=True) as owner:
        owner.execute("CREATE TABLE shown (n int)")
        owner.execute("CREATE TABLE hidden (n int)")
        owner.execute("GRANT SELECT ON shown TO billing_app")
    with psycopg.connect(plain(urls["billing"].app), autocommit=True) as app:
        app.execute("SELECT * FROM shown")
        for refused in ("SELECT * FROM hidden", "INSERT INTO shown VALUES (1)", "CREATE TABLE mine (n int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(refused)


def test_nobody_comes_in_without_the_password(urls: dict[str, DatabaseUrls], server: Server) -> None:
    for user, database in (("billing_app", "billing"), ("postgres", "postgres")):
        with pytest.raises(psycopg.OperationalError, match=r"password|fe_sendauth"):
            psycopg.connect(f"postgresql://{user}@127.0.0.1:{server.port}/{database}")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(plain(urls["queue"].app).replace("-secret", "-guess"))


def test_making_the_databases_again_keeps_them_and_takes_the_new_passwords(
    urls: dict[str, DatabaseUrls], server: Server
) -> None:
    with psycopg.connect(plain(urls["queue"].owner), autocommit=True) as owner:
        owner.execute("CREATE TABLE kept (n int)")
    changed = PASSWORDS | {"queue_owner": "new%/:@secret"}
    again = create_databases(server.url, changed)
    with psycopg.connect(plain(again["queue"].owner)) as owner:
        owner.execute("SELECT * FROM kept")
    create_databases(server.url, PASSWORDS)


def test_a_second_start_finds_the_data_and_an_interrupted_first_one_begins_anew(tmp_path: Path) -> None:
    first = start_postgres(tmp_path, durable=False, **TINY)
    with psycopg.connect(first.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    first.stop()
    second = start_postgres(tmp_path, durable=False, **TINY)
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
    second.stop()

    (tmp_path / "postgres.password").unlink()  # written when initdb is done: without it, initdb was not
    third = start_postgres(tmp_path, durable=False, **TINY)
    with psycopg.connect(third.url) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    third.stop()
    forget_postgres(tmp_path)
    assert not (tmp_path / "pgdata").exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServerFailedError, match="no_such_setting"):
        start_postgres(tmp_path, durable=False, no_such_setting="1")
    forget_postgres(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands Postgres to another user")
def test_below_a_closed_folder_root_keeps_the_data_where_the_server_reaches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(tempfile.mkdtemp(prefix="fallback-"))
    monkeypatch.setattr(postgres_home, "FALLBACK_HOME", home)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    nobody = postgres_home.server_identity()
    try:
        first = postgres_home.data_folder(closed, nobody)
        assert first.parent == home / "data"
        assert (first.stat().st_uid, first.stat().st_mode & 0o777) == (nobody.user, 0o700)
        assert postgres_home.data_folder(closed, nobody) == first

        shutil.rmtree(closed)  # a checkout deleted without `make reset`
        other = tmp_path / "other"
        other.mkdir()
        second = postgres_home.data_folder(other, nobody)
        assert [path.name for path in (home / "data").iterdir() if path.is_dir()] == [second.name]
        forget_postgres(other)
        assert not list((home / "data").iterdir())
    finally:
        shutil.rmtree(home)


def test_valkey_finds_its_data_again(tmp_path: Path) -> None:
    first = start_valkey(tmp_path)
    with Redis.from_url(first.url) as client:
        client.set("kept", "1")
    first.stop()
    second = start_valkey(tmp_path)
    with Redis.from_url(second.url) as client:
        assert client.get("kept") == b"1"
    second.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux does it; elsewhere the next start clears up")
def test_a_server_ends_with_whoever_started_it(tmp_path: Path) -> None:
    code = f"from sandbox.embedded import *; print(start_valkey({str(tmp_path)!r}).process.pid, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "Valkey outlived its starter"
        time.sleep(0.05)


def test_a_postgres_that_was_left_running_is_stopped_before_the_next_start(tmp_path: Path) -> None:
    left = start_postgres(tmp_path, durable=False, **TINY)
    try:
        stop_leftover_postgres(tmp_path)
        assert left.process.wait(10) == 0
        stop_leftover_postgres(tmp_path)
    finally:
        if left.process.poll() is None:
            left.process.send_signal(signal.SIGQUIT)
            left.process.wait()
        forget_postgres(tmp_path)
