"""The web process is not stopped by those who send slowly, and its own log holds no customer's link."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from requests import RequestException

from sandbox.embedded import free_port
from tests.support import web

_SERVICE = """
import os, sys
from types import SimpleNamespace
from flask import Flask, request
from shared.web import server

app = Flask("slow")
app.post("/", endpoint="take")(lambda: f"{len(request.get_data())} bytes")
app.get("/", endpoint="live")(lambda: "alive")
app.get("/pid", endpoint="pid")(lambda: str(os.getpid()))
server.SLOWEST_REQUEST_S = 1
settings = SimpleNamespace(service="slow", bind=sys.argv[1], web_workers=1, web_threads=2)
server.serve(lambda: app, settings)
"""


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """Where a service with two threads listens; its log must be empty in the end."""
    here = ("127.0.0.1", free_port())
    command = [sys.executable, "-c", _SERVICE, f"{here[0]}:{here[1]}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            _wait_for(here)
            yield here
        finally:
            process.terminate()
            logged, _ = process.communicate(timeout=20)
    assert logged == ""


def _wait_for(here: tuple[str, int]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(here, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"]
)
def test_requests_that_never_end_do_not_keep_the_threads(address: tuple[str, int], begun: bytes) -> None:
    with ExitStack() as opened:
        for _ in range(5):
            opened.enter_context(socket.create_connection(address)).sendall(begun)
        assert web.get(f"http://{address[0]}:{address[1]}/", timeout=15).text == "alive"


def test_a_request_that_is_none_leaves_no_link_in_the_log(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=5) as client:
        client.sendall("GET /t/the-link\u00e9 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 400")


def test_what_a_killed_process_counted_is_gone_at_the_next_start_and_what_a_living_one_counts_stays(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        killed, _ = _counting(stack, tmp_path, "slow")
        (left,) = _folders(tmp_path)
        killed.kill()
        killed.wait()
        _wait_until(lambda: not _holds(left))  # its worker ends a moment after it
        assert left.exists()
        ended, _ = _counting(stack, tmp_path, "slow")
        (living,) = _folders(tmp_path)
        assert living != left
        _counting(stack, tmp_path, "slow")
        _counting(stack, tmp_path, "other")
        assert len(_folders(tmp_path) - {living}) == 2
        assert living.exists()
        ended.terminate()
        ended.wait()
        assert not living.exists()


def test_a_worker_that_ends_leaves_the_metrics_of_the_others(tmp_path: Path) -> None:
    with ExitStack() as stack:
        _, address = _counting(stack, tmp_path, "slow")
        worker = web.get(f"{address}/pid").text
        os.kill(int(worker), signal.SIGTERM)
        _wait_until(lambda: _answers_as_somebody_else(f"{address}/pid", worker))
        assert len(_folders(tmp_path)) == 1


def _counting(stack: ExitStack, tmp: Path, service: str) -> tuple["subprocess.Popen[str]", str]:
    """A web process whose temporary files lie there, and its address."""
    here = ("127.0.0.1", free_port())
    program = _SERVICE.replace('service="slow"', f'service="{service}"')
    command = [sys.executable, "-c", program, f"{here[0]}:{here[1]}"]
    process = subprocess.Popen(command, env=os.environ | {"TMPDIR": str(tmp)}, text=True)
    stack.enter_context(process)
    stack.callback(process.kill)
    _wait_for(here)
    return process, f"http://{here[0]}:{here[1]}"


def _folders(tmp: Path) -> set[Path]:
    return set(tmp.glob("*-metrics-*"))


def _answers_as_somebody_else(address: str, worker: str) -> bool:
    try:
        return web.get(address).text != worker
    except RequestException:
        return False


def _holds(folder: Path) -> bool:
    """Whether somebody holds the lock on that folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
