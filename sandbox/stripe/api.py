"""Answers a request to `/v1`: key, version, route, parameters, idempotency, work, reply; and strikes with faults."""

import base64
import binascii
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request

from sandbox.stripe import faults, idempotency, names
from sandbox.stripe.checks import check_table
from sandbox.stripe.errors import Json, StripeError, invalid, not_implemented, unknown, unrecognized_url
from sandbox.stripe.forms import decode
from sandbox.stripe.ids import new_id
from sandbox.stripe.operations import OPERATIONS
from sandbox.stripe.work import API_VERSION, Operation, Work
from sandbox.stripe.world import World

_RATE = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
_LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. "
    "If you see this error intermittently, retry the request. If you see this error frequently and are making multiple "
    "concurrent requests to a single object, make your requests serially or at a lower rate. For more details, see "
    "https://stripe.com/docs/rate-limits#object-lock-timeouts."
)
_NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we "
    "can help at https://support.stripe.com/."
)


@dataclass(kw_only=True)
class Reply:
    """What goes back. `hang_up_after_s`: keep silent that long, then close the connection instead."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    hang_up_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    operation: Operation


def _route(operation: Operation) -> _Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)
    return _Route(method=operation.method, pattern=re.compile(pattern), operation=operation)


_ROUTES = tuple(_route(operation) for operation in OPERATIONS)


def _find(method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
    for route in _ROUTES:
        match = route.pattern.fullmatch(path)
        if match and route.method == method:
            return route.operation, match.groupdict()
    if known := names.operation_named(method, path):
        raise not_implemented(f"the operation {known}")
    raise unrecognized_url(method, path)


def _checked(operation: Operation, given: Json) -> Json:
    """The parameters as values. First goes what Stripe itself does not know, then what the stand-in cannot do."""
    if strange := list(names.unknown_parameters(operation.name, given)):
        raise unknown(strange)
    return check_table(operation.params, given)


def answer(world: World, request: Request) -> Reply:
    """Carry the request out, or say why not in Stripe's shape."""
    request_id = new_id("req")
    subject = f"{request.method} {request.path}"
    try:
        _authenticate(request, world.settings.api_key)
        struck = _strike(world, subject)
        reply = _carry_out(world, request, request_id, struck)
    except StripeError as problem:
        refused = Reply(status=problem.status, body=problem.body(), headers=dict(problem.headers))
        return _headed(refused, request, request_id)
    for fault in struck:
        if fault.kind == "api.lost_reply":
            time.sleep(fault.seconds)
            reply.hang_up_after_s = 0
    return _headed(reply, request, request_id)


def _headed(reply: Reply, request: Request, request_id: str) -> Reply:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, "Cache-Control": "no-cache, no-store"}
    if key := request.headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = key
    if reply.status in {409, 429} or reply.status >= 500:  # noqa: PLR2004 - server errors
        # https://docs.stripe.com/error-low-level: whether the same request may be sent again
        headers["Stripe-Should-Retry"] = "false" if "Idempotent-Replayed" in reply.headers else "true"
    if reply.status == 401:  # noqa: PLR2004 - unauthorized
        headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
    reply.headers = {**headers, **reply.headers}
    return reply


def _outage() -> StripeError:
    return StripeError(500, "An unknown error occurred (a fault of the stand-in, switched on).", error_type="api_error")


def _too_many(message: str, code: str, reason: str) -> StripeError:
    problem = StripeError(429, message, code=code)
    problem.headers["Stripe-Rate-Limited-Reason"] = reason  # https://docs.stripe.com/rate-limits
    return problem


def _strike(world: World, subject: str) -> list[faults.Fault]:
    """The faults that strike this request; the ones before the work do so here."""
    with world.looking() as work:
        if not faults.expected(work.tx, "api"):
            return []
    with world.working() as work:
        struck = faults.take(work.tx, "api", subject)
    for fault in struck:
        match fault.kind:
            case "api.error_500":
                raise _outage()
            case "api.fail":
                kind = "api_error" if fault.status >= 500 else "invalid_request_error"  # noqa: PLR2004 - server errors
                raise StripeError(fault.status, "A fault of the stand-in, switched on.", error_type=kind)
            case "api.rate_limit":
                raise _too_many(_RATE, "rate_limit", "global-rate")
            case "api.lock_timeout":
                raise _too_many(_LOCKED, "lock_timeout", "resource-specific")
    return struck


def _authenticate(request: Request, api_key: str) -> None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    given = value.strip()
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    elif kind.lower() != "bearer":
        given = ""
    if not given:
        raise StripeError(401, _NO_KEY)
    if not hmac.compare_digest(given.encode(), api_key.encode()):
        hidden = f"{given[:8]}{'*' * 8}{given[-4:]}" if len(given) > 12 else "*" * len(given)  # noqa: PLR2004 - as Stripe shows it
        raise StripeError(401, f"Invalid API Key provided: {hidden}")
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}. Stripe's stand-in speaks {API_VERSION} only.")


def _given(request: Request) -> dict[str, Any]:
    pairs = list(request.args.items(multi=True))
    if request.method == "POST":
        pairs += list(request.form.items(multi=True))
        if request.content_length and not request.form:
            raise invalid(
                "Invalid request: the body must be form-encoded (Content-Type: application/x-www-form-urlencoded)."
            )
    return decode(pairs)


def _carry_out(world: World, request: Request, request_id: str, struck: list[faults.Fault]) -> Reply:
    operation, ids = _find(request.method, request.path)
    given = _given(request)
    params = _checked(operation, given)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is not None:
        mark = idempotency.fingerprint(request.method, request.path, given)
        with world.working() as work:
            replay = idempotency.claim(work.tx, key, mark, request_id, work.now)
        if replay:
            headers = {"Idempotent-Replayed": "true", "Original-Request": replay.request_id}
            return Reply(status=replay.status, body=replay.body, headers=headers)
    time.sleep(sum(faults.pause_s(fault) for fault in struck))
    breaks_down = any(fault.kind == "api.error_500_after" for fault in struck)
    if request.method == "GET":
        with world.looking() as work:
            found = Reply(status=200, body=operation.handle(work, ids, params))
            return Reply(status=500, body=_outage().body()) if breaks_down else found
    try:
        with world.working(request_id, key) as work:
            reply = _worked(work, operation, ids, params)
            if breaks_down:  # what was done stays, and the 500 is what the key remembers
                reply = Reply(status=500, body=_outage().body())
            if key is not None:
                idempotency.keep(work.tx, key, reply.status, reply.body)
                reply.headers["Original-Request"] = request_id
            return reply
    except BaseException:
        if key is not None:
            with world.working() as work:
                idempotency.release(work.tx, key)
        raise


def _worked(work: Work, operation: Operation, ids: Mapping[str, str], params: Json) -> Reply:
    """Do it. A refusal undoes what was written before it, unless it keeps its work (a declined charge)."""
    work.tx.sql.execute("SAVEPOINT operation")
    try:
        body = operation.handle(work, ids, params)
    except StripeError as problem:
        if not problem.keeps_work:
            work.tx.sql.execute("ROLLBACK TO operation")
        return Reply(status=problem.status, body=problem.body())
    return Reply(status=200, body=body)


def encoded(body: Json) -> str:
    """JSON laid out as Stripe does."""
    return json.dumps(body, indent=2)
