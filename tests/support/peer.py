"""A real HTTP peer for tests of what services say to each other: it keeps what it was told and answers as asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


class Peer:
    """Listens on one port; `answer` may be changed at any time, and the peer stopped and started again."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[dict[str, Any]], Answer] = taken
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def client(self, *, timeout_s: float = 2.0) -> ServiceClient:
        """A client for it, as billing would have for entitlements."""
        identity = ServiceIdentity("billing", dict(KEY.as_dict(private=True)))
        return ServiceClient(self.url, "entitlements", identity, timeout_s=timeout_s)

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
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                """A caller that hangs up first is part of the tests."""

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening: whoever asks is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def running_peer() -> Iterator[Peer]:
    """A peer for one test."""
    peer = Peer()
    try:
        yield peer
    finally:
        peer.stop()
