"""The Flask application of a service: everything that the three have alike, wired in one place."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, cast
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Blueprint, Response, g, redirect, request
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.middleware.proxy_fix import ProxyFix

from shared import clock
from shared.db import Database
from shared.deadlines import deadline
from shared.identity import BearerVerifier
from shared.ids import new_id
from shared.limits import Limits
from shared.reader import reader
from shared.settings import CommonSettings, OidcSettings
from shared.telemetry import REQUESTS, get_logger, request_id
from shared.waking import Waker
from shared.web import access, assets, formats, problems, reading, reference, signin
from shared.web.input_limits import refuse_unmeasured, refuse_unreadable
from shared.web.operation import operation_routes
from shared.web.parked_work import parked_work_pages
from shared.web.signed_out import signed_out_page
from shared.work.kind import WorkKind

log = get_logger()

BODY_LIMIT = 1_000_000
_LONGEST_REQUEST_ID = 64
_LONGEST_WAIT_MS = 3_600_000
_QUIET_ROUTES = frozenset({"/livez", "/readyz", "/metrics", "/version", "/assets/<digest>/<name>"})


def create_app(
    *,
    settings: CommonSettings,
    title: str,
    description: str,
    context: Any,
    db: Database,
    blueprints: Sequence[Blueprint],
    pending: Callable[[Session], Mapping[str, int]],
    work: Sequence[WorkKind],
    package: Path | None = None,
    oidc: OidcSettings | None = None,
    form_targets: Sequence[str] = (),
) -> APIFlask:
    """Build the application.

    `pending` counts what waits to converge, by name; `work` are the kinds of it that an operator sees and releases.
    `package` is the service's folder, with the `templates` that several of its rooms use. `form_targets` are other
    origins to which a form of this service may lead (browsers check redirects, too).
    """
    encrypted = settings.public_url.startswith("https://")
    app = APIFlask(
        settings.service,
        title=title,
        version="1",
        docs_path=None,
        spec_path=None,
        json_errors=False,
        template_folder=str(package / "templates") if package else None,  # type: ignore[arg-type] # rooms bring theirs
        static_folder=None,  # type: ignore[arg-type] # as Flask takes it: the look is served by shared.web.assets
    )
    app.config.update(
        DESCRIPTION=description,
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        # Cookies know no port: on one host each service needs a name of its own. A browser takes `__Host-` over https
        # only, and then from this very host and from no neighbor below the same domain.
        SESSION_COOKIE_NAME=f"{'__Host-' if encrypted else ''}{settings.service}_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=encrypted,
        PERMANENT_SESSION_LIFETIME=oidc.limits.lasts if oidc else timedelta(hours=1),
        SESSION_REFRESH_EACH_REQUEST=False,  # the server knows when a session ends
        WTF_CSRF_CHECK_DEFAULT=False,  # access.enforce protects: it knows which callers cannot be forged
        WTF_CSRF_TIME_LIMIT=None,  # a ticket page stays open all day
        WTF_CSRF_SSL_STRICT=False,  # our pages send no referrer; the token is the proof
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.extensions["context"] = context
    app.extensions["database"] = db
    if db.enqueue is not None:
        db.enqueue = Waker(db.enqueue)
    app.extensions["bearer_verifier"] = BearerVerifier(settings.service, settings.peer_public_keys, settings.api_keys)
    app.extensions["limits"] = Limits(settings.redis_url)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]
    CSRFProtect(app)
    problems.register(app)
    reading.register(app, settings.public_url)
    _look(app, settings)
    if oidc is not None:
        signin.register(app, db, oidc, settings.public_url)
        app.register_blueprint(signed_out_page())
    app.register_blueprint(operation_routes(settings, db, pending))
    app.register_blueprint(parked_work_pages(db, work))
    app.register_blueprint(reference.routes())
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    _around_each_request(app, settings.service, _security_headers(form_targets))
    app.before_request(_one_host(settings.public_url))
    app.before_request(refuse_unmeasured)
    app.before_request(access.enforce)
    app.before_request(refuse_unreadable)
    access.require_marks(app)
    access.require_known_scopes(app, settings.api_keys)
    reference.describe(app)
    return app


def _look(app: APIFlask, settings: CommonSettings) -> None:
    app.register_blueprint(Blueprint("look", __name__, template_folder="templates"))
    formats.register(app)
    assets.register(app)

    @app.context_processor
    def _for_each_page() -> dict[str, Any]:
        return {
            "caller": access.caller_on_page(),
            "now": clock.now(),
            "service": settings.service,
            "zone": reader().zone,
        }


def _security_headers(form_targets: Sequence[str]) -> dict[str, str]:
    policy = (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        f"form-action 'self' {' '.join(form_targets)}".strip(),
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def _one_host(public_url: str) -> Callable[[], Response | None]:
    """Lead a person's browser to the address that the settings name.

    Cookies belong to a host: whoever began at 127.0.0.1 would come back from the payment or the sign-in at localhost
    as a stranger. Programs are answered at any address.
    """
    host = urlsplit(public_url).netloc

    def lead() -> Response | None:
        reads_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if request.host == host or not reads_page:
            return None
        return cast("Response", redirect(public_url + request.full_path.rstrip("?")))

    return lead


def _around_each_request(app: APIFlask, service: str, headers: Mapping[str, str]) -> None:
    @app.before_request
    def _begin() -> None:
        g.began = perf_counter()
        given = request.headers.get("X-Request-Id", "")
        plain = given.isascii() and given.replace("_", "").replace("-", "").isalnum()
        good = plain and len(given) <= _LONGEST_REQUEST_ID
        clear_contextvars()
        bind_contextvars(service=service, request_id=given if good else new_id("req"))
        waits_ms = request.headers.get("X-Deadline-Ms", type=int)
        g.deadline = deadline(min(waits_ms, _LONGEST_WAIT_MS) / 1000 if waits_ms and waits_ms > 0 else None)
        g.deadline.__enter__()

    @app.teardown_request
    def _forget(_error: BaseException | None) -> None:
        if (standing := g.pop("deadline", None)) is not None:
            standing.__exit__(None, None, None)

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        # The route and never the path: a path may hold a customer's link.
        route = request.url_rule.rule if request.url_rule else "none"
        seconds = perf_counter() - g.get("began", perf_counter())
        REQUESTS.labels(service, request.method, route, response.status_code).observe(seconds)
        if route not in _QUIET_ROUTES:
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                caller=caller.subject if (caller := access.known_caller()) else None,
                live="X-Live" in request.headers,  # a page asked by itself, and nobody pressed anything
            )
        return response
