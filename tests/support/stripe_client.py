"""The real SDK, each exchange held against Stripe's published document; and a receiver of webhooks."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import stripe

from sandbox.stripe.forms import decode
from tests.support import stripe_document

API_KEY = "sk_test_standin_0123456789"
WEBHOOK_SECRET = "whsec_shared_by_both_sides"
PATIENCE_S = 10.0


class JudgedClient(stripe.RequestsClient):
    """Stripe's own HTTP client; each exchange is judged by the document before the SDK sees it.

    Replies of Stripe itself are not judged: it is newer than the document. `headers`: those of the last reply, by
    lower-case name.
    """

    def __init__(self, *, judges_replies: bool) -> None:
        super().__init__(timeout=20)
        self._judges_replies = judges_replies
        self.headers: dict[str, str] = {}

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> tuple[str, int, Any]:
        """One exchange."""
        body, status, replied = super().request(method, url, headers, post_data)
        self.headers = {name.lower(): value for name, value in replied.items()}
        parts = urlsplit(url)
        reply = json.loads(body)
        if status == 200:
            pairs = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(post_data or "", keep_blank_values=True)
            stripe_document.check_request(method, parts.path, decode(pairs))
        if not self._judges_replies:
            pass
        elif status == 200:
            stripe_document.check_reply(method, parts.path, reply)
        else:
            stripe_document.check_error(reply)
        return cast("str", body), status, replied


def sdk(url: str | None, api_key: str = API_KEY, *, retries: int = 0) -> stripe.StripeClient:
    """The SDK, judged; without an address it talks to Stripe itself."""
    addresses: Any = {"api": url} if url else None
    return stripe.StripeClient(
        api_key,
        base_addresses=addresses,
        http_client=JudgedClient(judges_replies=url is not None),
        max_network_retries=retries,
    )


def last_headers(client: stripe.StripeClient) -> dict[str, str]:
    """The headers of the last reply."""
    return cast("JudgedClient", client._requestor._get_http_client()).headers


class Receiver:
    """A webhook endpoint on this machine. `answers`: statuses of the next replies, then 200; `pause_s`: before each."""

    def __init__(self, port: int = 0, pause_s: float = 0.0) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 200
                receiver.received.append((body, self.headers["Stripe-Signature"]))
                time.sleep(pause_s)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/webhooks"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def events(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """The events received so far, of one type where given."""
        events = [json.loads(body) for body, _ in list(self.received)]
        return [event for event in events if event_type in {None, event["type"]}]


def eventually(condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """What the condition returns once it is true; fails when it stays false."""
    limit = time.monotonic() + patience_s
    while time.monotonic() < limit:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")
