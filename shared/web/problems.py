"""Every refusal over HTTP: problem+json (RFC 9457) for programs, in English; a page for people, in their language."""

from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response, json, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException

from shared.errors import HTTP_STATUS, Kind, ServiceError
from shared.language import N_, gettext
from shared.phrasebook import worded
from shared.telemetry import get_logger, request_id
from shared.web.error_page import OUR_FAULT, TOLD, TRY_AGAIN, error_page

log = get_logger()

RETRY_AFTER_S = 5
_UNSTORABLE = N_("A value is too large or of the wrong kind. Check it and send it again.")
_CURES = {
    400: "Check the request against the API reference and send it again.",
    401: "Sign in, or send a good credential.",
    403: "Ask somebody with the right role, or sign in as somebody else.",
    404: "Check the address. If it came by mail, use the newest mail's link.",
    405: "Use one of the methods that the API reference names.",
    411: "Send the body with a Content-Length, not in chunks.",
    413: "Send less: the body may have 1 MB.",
    415: "Send JSON with Content-Type: application/json.",
    429: "Wait a moment before trying again.",
    500: TOLD,
    503: TRY_AGAIN,
}


def wants_problem() -> bool:
    """Whether the caller is a program: an API path, or a client that asks for JSON and not for HTML."""
    if request.path.startswith(("/v1/", "/events", "/webhooks/", "/openapi")):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def problem(status: int, *, code: str, title: str, detail: str, **more: Any) -> Response:
    """The answer to a program. `errors` in `more` lists `{field, message}` for each input at fault."""
    body = {
        "type": f"urn:premium-support:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id(),
        **{name: value for name, value in more.items() if value},
    }
    return Response(json.dumps(body), status, _headers(status), mimetype="application/problem+json")


def words_of(error: ServiceError) -> str:
    """What a refusal says, in the language of whoever reads it: for a page, or beside the field of a form."""
    try:
        return worded(error.template, error.facts)
    except (KeyError, TypeError, ValueError):  # no template: somebody else's words with a % in them
        return error.message


def _page(status: int, title: str | None = None, detail: str | None = None, cure: str | None = None) -> Response:
    html = error_page(status, title, detail, cure)
    return Response(html, status, _headers(status), mimetype="text/html")


def _headers(status: int) -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_S)} if status == HTTP_STATUS[Kind.UNAVAILABLE] else {}


def _service_error(error: ServiceError) -> Response:
    log.info("refused", code=error.code, why=error.message, facts=error.facts)
    if not wants_problem():
        return _page(error.status, error.title, words_of(error), cure="")
    errors = [{"field": error.field, "message": error.message}] if error.field else []
    return problem(
        error.status, code=error.code, title=error.title, detail=error.message, errors=errors, facts=error.facts
    )


def _fields(messages: Any, path: str = "") -> list[dict[str, str]]:
    """Marshmallow's nested messages as a flat list of `{field, message}`."""
    if isinstance(messages, dict):
        return [
            found
            for name, inner in messages.items()
            for found in _fields(inner, f"{path}.{name}" if path else str(name))
        ]
    texts = messages if isinstance(messages, list) else [messages]
    return [{"field": path, "message": str(text)} for text in texts]


def _api_error(error: HTTPError) -> Response:
    """APIFlask's own errors, above all the 422 of a schema: each field with its message."""
    detail = error.detail if isinstance(error.detail, dict) else {}
    errors = [found for messages in detail.values() for found in _fields(messages)]
    named = "; ".join(f"{found['field']}: {found['message']}" for found in errors)
    return problem(
        error.status_code,
        code="invalid_input" if errors else f"http_{error.status_code}",
        title="The input is not valid" if errors else str(error.message),
        detail=named or _CURES.get(error.status_code, str(error.message)),
        errors=errors,
    )


def _http_exception(error: HTTPException) -> Response:
    if isinstance(error, CSRFError):
        return _forgery()
    status = error.code or 500
    if error.response is not None:
        return Response(error.response.get_data(), status)  # type: ignore[attr-defined]
    if wants_problem():
        answer = problem(status, code=f"http_{status}", title=error.name, detail=_detail(error, status))
    else:
        answer = _page(status, detail=vars(error).get("description"))
    # Allow with a 405, WWW-Authenticate with a 401: what the standard wants beside the words.
    answer.headers.update({name: value for name, value in error.get_headers() if name != "Content-Type"})
    return answer


def _detail(error: HTTPException, status: int) -> str:
    """What is wrong, where we said it ourselves (the library's own words know no cure), and what to do."""
    said = vars(error).get("description")
    cure = _CURES.get(status)
    return " ".join(str(part) for part in (said, cure) if part) or str(error.description)


def _forgery() -> Response:
    if wants_problem():
        cure = "Send X-CSRFToken from the page, or call with a bearer credential instead of a session."
        return problem(400, code="csrf_token", title="The form token is missing or old", detail=cure)
    return _page(
        400,
        N_("This page was open for too long"),
        N_("Nothing was changed. Your words are still in the form."),
        N_("Go back, copy them, load the page again and send it once more."),
    )


def _database_away(error: DBAPIError | NoConnectionLeft) -> Response:
    """Postgres is away, overloaded, or took longer than the caller waits: no bug, and the same request may succeed."""
    log.warning("database does not answer", why=type(error).__name__, detail=str(error.args[0])[:200])
    if wants_problem():
        return problem(503, code="unavailable", title="The service is busy", detail=_CURES[503])
    return _page(503)


def _unstorable(error: DataError) -> Response:
    """A value that fits its schema and no column: a number too large, say."""
    log.warning("value does not fit its column", error=str(error.orig)[:200])
    if wants_problem():
        return problem(422, code="invalid_input", title="The input is not valid", detail=_UNSTORABLE)
    return _page(422, cure=_UNSTORABLE)


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", error=type(error).__name__, exc_info=error)
    if wants_problem():
        return problem(500, code="unexpected", title=OUR_FAULT, detail=_CURES[500])
    try:
        number = gettext("The number to tell us is %(number)s.", number=request_id())
        return _page(500, OUR_FAULT, number, TOLD)
    except Exception:  # noqa: BLE001 - the error page itself may be what is broken
        return Response(_CURES[500], 500, mimetype="text/plain")


def register(app: APIFlask) -> None:
    """Answer every error of the application in one of the two ways."""
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(HTTPError, _api_error)
    app.register_error_handler(HTTPException, _http_exception)
    for away in (OperationalError, InterfaceError, NoConnectionLeft):
        app.register_error_handler(away, _database_away)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(Exception, _unexpected)
