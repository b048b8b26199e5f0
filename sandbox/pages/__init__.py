"""What the sandbox's small pages have in common: one look, one policy for scripts, one way to be served."""

import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

_LOOK = Blueprint(
    "sandbox", __name__, template_folder="templates", static_folder="static", static_url_path="/sandbox-static"
)
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'"


def create_app(import_name: str) -> Flask:
    """A Flask app with the sandbox's base template, styles, security headers and `/readyz`."""
    app = Flask(import_name)
    app.register_blueprint(_LOOK)
    app.before_request(_refuse_foreign_forms)
    app.after_request(_secure)

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


def _refuse_foreign_forms() -> tuple[str, int] | None:
    """No cookies here, so no CSRF token either; a browser says from where a form or script comes, and that decides."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method not in {"GET", "HEAD"} and site not in {"same-origin", "none"}:
        return "This request came from another site.", HTTPStatus.FORBIDDEN
    return None


def _secure(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


class _QuietHandler(WSGIRequestHandler):
    """Says nothing for each request: the supervisor's terminal belongs to the services."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


@dataclass(kw_only=True)
class HttpServer:
    """An app served by threads of this process on 127.0.0.1."""

    app: Flask
    port: int = 0
    _server: BaseWSGIServer = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True, request_handler=_QuietHandler)
        self.port = self._server.server_port
        arguments: dict[str, Any] = {"poll_interval": 0.1}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=arguments, daemon=True)

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "HttpServer":
        """Begin to answer; the port was bound before, so that nobody else can have it."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer what is under way, then free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
