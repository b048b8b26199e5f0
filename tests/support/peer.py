"""A real HTTP peer for tests of what services say to each other: it keeps what it was told and answers as asked."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from joserfc.jwk import OKPKey

from shared.http import ServiceClient
from shared.identity import ServiceIdentity

Answer = tuple[int, bytes]
KEY = OKPKey.generate_key("Ed25519")


def taken(_told: dict[str, Any]) -> Answer:
    """What a consumer says when all is well."""
    return 200, b'{"done_now": true}'


def events_in(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a request: one, or several together."""
    return list(told.get("events", [told]))


def client_of(url: str, *, timeout_s: float = 2.0) -> ServiceClient:
    """A client for whoever listens there, as billing would have for entitlements."""
    return ServiceClient(
        url, "entitlements", ServiceIdentity("billing", dict(KEY.as_dict(private=True))), timeout_s=timeout_s
    )


class _Drip:
    """Writes one byte at a time, with a pause after each."""

    def __init__(self, out: Any, pause_s: float) -> None:
        self._out = out
        self._pause_s = pause_s

    def write(self, text: bytes) -> None:
        for byte in text:
            self._out.write(bytes([byte]))
            time.sleep(self._pause_s)


class Peer:
    """Listens on one port; `answer` may be changed at any time, and the peer stopped and started again."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.told: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[dict[str, Any]], Answer] = taken
        self.head_drips_s = 0.0
        """The pause after each byte of an answer's head."""
        self.body_drips_s = 0.0
        """The pause after each byte of an answer's body."""
        self.location: str | None = None
        """Where its answers point, if anywhere."""
        self.connections = 0
        """How many were opened to it so far."""
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def client(self, *, timeout_s: float = 2.0) -> ServiceClient:
        """A client for it, as billing would have for entitlements."""
        return client_of(self.url, timeout_s=timeout_s)

    def start(self) -> None:
        """Listen, on the port it had before."""
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version: ClassVar[str] = "HTTP/1.1"

            def do_POST(self) -> None:
                self._take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_GET(self) -> None:
                self._take({"path": self.path})

            def _take(self, told: dict[str, Any]) -> None:
                peer.told.append(told)
                peer.headers.append(dict(self.headers))
                status, body = peer.answer(told)
                out = self.wfile
                self.wfile = _Drip(out, peer.head_drips_s) if peer.head_drips_s else out
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if peer.location is not None:
                    self.send_header("Location", peer.location)
                self.end_headers()
                self.wfile = _Drip(out, peer.body_drips_s) if peer.body_drips_s else out
                self.wfile.write(body)
                self.wfile = out

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                """A caller that hangs up first is part of the tests."""

            def process_request(self, request: Any, client_address: Any) -> None:
                peer.connections += 1
                peer._open.add(request)
                super().process_request(request, client_address)

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop as a process does that ends: each connection is cut, and whoever asks is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._open.clear()


@contextmanager
def running_peer(tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A peer for one test."""
    peer = Peer(tls)
    try:
        yield peer
    finally:
        peer.stop()
