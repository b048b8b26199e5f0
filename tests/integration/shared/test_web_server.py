"""The web process is not stopped by those who send slowly, and its own log holds no customer's link."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sandbox.embedded import free_port
from tests.support import web

_SERVICE = """
import sys
from types import SimpleNamespace
from flask import Flask, request
from shared.web import server

app = Flask("slow")
app.post("/", endpoint="take")(lambda: f"{len(request.get_data())} bytes")
app.get("/", endpoint="live")(lambda: "alive")
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
