"""Wires the stand-in's HTTP side: the API under /v1, the hosted page, and the control area for people and tests."""

import logging
import socket
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.stripe import api, control, hosted
from sandbox.stripe.control_area import world
from sandbox.stripe.errors import StripeError, unrecognized_url
from sandbox.stripe.registry import load
from sandbox.stripe.timekeeper import Timekeeper
from sandbox.stripe.world import World

# No form-action: browsers apply it to every redirect after a submit, and a paid session sends the browser to the shop's
# own addresses, which may send it on.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_log = logging.getLogger(__name__)
_NO_SUCH = {404, 405}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(state: World, timekeeper: Timekeeper) -> Flask:
    """The application over one stand-in's state."""
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["stripe_standin"] = state
    app.extensions["stripe_timekeeper"] = timekeeper
    app.register_blueprint(hosted.pages)
    app.register_blueprint(control.pages)
    for resource in load():
        if resource.pages is not None:
            app.register_blueprint(resource.pages)
    app.add_url_rule("/v1", "v1_root", _v1, methods=_METHODS, defaults={"path": ""})
    app.add_url_rule("/v1/<path:path>", "v1", _v1, methods=_METHODS)
    app.add_url_rule("/v2", "v2_root", _v2, methods=_METHODS, defaults={"path": ""})
    app.add_url_rule("/v2/<path:path>", "v2", _v2, methods=_METHODS)
    app.register_error_handler(HTTPException, _in_stripes_shape)
    app.before_request(_refuse_foreign_forms)
    app.after_request(_secured)
    return app


def _v1(path: str) -> Response:  # noqa: ARG001 - the route is found by `api`
    try:
        reply = api.answer(world(), request)
    except HTTPException:
        raise
    except Exception as bug:  # noqa: BLE001 - a bug here answers as an outage of Stripe would
        _log.exception("The stand-in broke down")
        problem = StripeError(500, f"The stand-in broke down: {bug!r}", error_type="api_error")
        return Response(api.encoded(problem.body()), status=500, mimetype="application/json")
    if reply.hang_up_after_s is not None:
        _hang_up()
    return Response(api.encoded(reply.body), status=reply.status, headers=reply.headers, mimetype="application/json")


def _in_stripes_shape(problem: HTTPException) -> Response | HTTPException:
    """What the framework refuses below the API (an empty path, a body too large) is refused in Stripe's shape, too."""
    if not request.path.startswith(("/v1", "/v2")):
        return problem
    status = problem.code or 400
    refusal = StripeError(status, f"Invalid request: {problem.name}.")
    if status in _NO_SUCH:
        refusal = unrecognized_url(request.method, request.path)
    return Response(api.encoded(refusal.body()), status=refusal.status, mimetype="application/json")


def _v2(path: str) -> tuple[Response, int]:
    """Stripe's second API: its errors have a shape of their own, and none of it is done here yet."""
    message = f"Stripe's stand-in does not implement {request.method} /v2/{path}."
    return jsonify(error={"type": "invalid_request_error", "code": "not_found", "message": message}), 404


def _hang_up() -> None:
    """Close the connection under the reply, so that the client learns nothing."""
    connection = cast("socket.socket", request.environ["werkzeug.socket"])
    connection.shutdown(socket.SHUT_RDWR)


def _refuse_foreign_forms() -> Response | None:
    """A page of another site must not press buttons here: browsers name the origin of each POST."""
    if request.method == "GET" or request.path.startswith(("/v1", "/v2")):
        return None
    origin = request.headers.get("Origin")
    ours = {request.host, urlsplit(world().settings.public_url).netloc}
    if origin is None or urlsplit(origin).netloc in ours:
        return None
    return Response("This form was sent from another site. Open the page itself and try again.\n", status=403)


def _secured(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response
