"""Who may call a route, and how often: denied unless it says otherwise. One that says nothing stops the start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized
from werkzeug.wrappers import Response

from shared.api_keys import ApiKey
from shared.env import SettingsError
from shared.identity import BearerVerifier, Caller
from shared.language import N_
from shared.limits import Limit
from shared.web.limits import wait_for
from shared.web.problems import wants_problem

View = TypeVar("View", bound=Callable[..., Any])

WRONG_KEYS = Limit(name="wrong_keys", most=20, within_s=600)
"""Credentials that are none, from one network. A good one passes from there all the same."""
OUTSIDE_ENDPOINTS = frozenset({"static", "bootstrap.static", "shared.static", "assets.asset"})
"""Files that anybody may read: the only routes that carry no mark of their own."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a route allows. `signed`: a signature over the request's bytes proves it, and only the view can check it."""

    public: bool = False
    services: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()
    scope: str | None = None
    signed: bool = False

    def admits(self, caller: Caller) -> bool:
        """Whether this caller may call the route."""
        match caller.kind:
            case "service":
                return caller.name in self.services
            case "integrator":
                return self.scope in caller.scopes
            case "staff":
                return bool(caller.roles & self.staff)


def _mark(access: Access) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        cast("Any", view).access = access
        return view

    return decorate


def public(view: View) -> View:
    """Anybody may call this route; forms on it are still protected against forgery."""
    return _mark(Access(public=True))(view)


def signed(view: View) -> View:
    """Anybody may call this route, and each request proves itself by its own signature.

    Before the view has checked it nothing reads the body, asks for a cookie or looks for a form's token.
    """
    return _mark(Access(public=True, signed=True))(view)


def staff(*roles: str) -> Callable[[View], View]:
    """Staff with one of the roles may call this route."""
    return _mark(Access(staff=frozenset(roles)))


def services(*names: str) -> Callable[[View], View]:
    """These services may call this route."""
    return _mark(Access(services=frozenset(names)))


def allow(
    *, services: tuple[str, ...] = (), staff: tuple[str, ...] = (), scope: str | None = None
) -> Callable[[View], View]:
    """Any of these may call this route: services, staff with one of the roles, integrators whose key has the scope."""
    return _mark(Access(services=frozenset(services), staff=frozenset(staff), scope=scope))


def limited_by_key(limit: Limit) -> Callable[[View], View]:
    """An integrator may call this route so often; staff and the other services are not counted. Under `idempotent`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def limited(*arguments: Any, **named: Any) -> Any:
            caller = current_caller()
            if caller is not None and caller.kind == "integrator":
                _refuse_after(limit, caller.subject)
            return view(*arguments, **named)

        return cast("View", limited)

    return decorate


def _refuse_after(limit: Limit, who: str | None = None) -> None:
    if (wait := wait_for(limit, who)) is not None:
        raise TooManyRequests(retry_after=wait)


def access_of(app: Flask, endpoint: str) -> Access | None:
    """What a route says of itself; None when it says nothing."""
    return getattr(app.view_functions[endpoint], "access", None)


def require_marks(app: Flask) -> None:
    """Refuse to start with a route of which nobody said who may call it."""
    silent = [rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None]
    if silent:
        raise RuntimeError(
            f"Nobody says who may call: {', '.join(sorted(silent))}. Mark the view with shared.web.access."
        )


def scopes_of(app: Flask) -> dict[str, list[str]]:
    """Each scope that a key can have, and the routes that it opens."""
    found: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        if access is not None and access.scope is not None:
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            found.setdefault(access.scope, []).extend(f"{method} {rule.rule}" for method in sorted(methods))
    return {scope: sorted(found[scope]) for scope in sorted(found)}


def require_known_scopes(app: Flask, keys: Sequence[ApiKey]) -> None:
    """Refuse to start with a key that has a scope of which no route knows: a slip, or a scope that is gone."""
    known = scopes_of(app)
    for key in keys:
        if unknown := key.scopes - known.keys():
            raise SettingsError(
                f"API_KEYS gives {key.name} the scope {min(unknown)!r}, which opens nothing. Those that there are: "
                f"{', '.join(known)}."
            )


def current_caller() -> Caller | None:
    """Who calls; None on a public route for somebody who did not sign in.

    Looked up when a view or a page asks: a public page that shows nobody costs no look into the sessions.
    """
    if "caller" not in g:
        g.caller = None  # should it fail: the page that says so asks again
        g.caller = _identify()
    return known_caller()


def known_caller() -> Caller | None:
    """Who calls, as far as somebody has asked by now."""
    return cast("Caller | None", g.get("caller"))


def caller_on_page() -> Caller | None:
    """Who is signed in, on a page for staff. A page for everybody names none of us, whoever looks at it."""
    access = access_of(current_app, request.endpoint) if request.endpoint else None
    return current_caller() if access is not None and access.staff else None


def _bearer() -> str | None:
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" and credential else None


def _identify() -> Caller | None:
    verifier: BearerVerifier = current_app.extensions["bearer_verifier"]
    if (bearer := _bearer()) is not None:
        return verifier.caller(bearer)
    sessions = current_app.extensions.get("staff_sessions")
    return None if sessions is None else cast("Caller | None", sessions.caller())


def body_is_read_by_its_view() -> bool:
    """Whether nobody may read the body before the view: the route wants it signed, or there is no route."""
    access = access_of(current_app, request.endpoint) if request.endpoint else None
    return access is None or access.signed


def enforce() -> Response | None:
    """Before each request: recognize the caller, protect forms, let through whom the route admits."""
    if request.endpoint is None:
        return None
    access = access_of(current_app, request.endpoint)
    if access is None:
        raise Forbidden
    if access.signed:
        return None
    presents = _bearer() is not None
    caller = current_caller() if presents or not access.public else None
    if caller is None and presents:
        _refuse_after(WRONG_KEYS)
    if not access.public:
        if caller is None:
            return _ask_to_sign_in(access)
        if not access.admits(caller):
            raise Forbidden(_what_is_missing(access, caller))
    if not presents:
        current_app.extensions["csrf"].protect()
    return None


def _ask_to_sign_in(access: Access) -> Response:
    if access.staff and not wants_problem():
        wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(f"/signin?{urlencode({'next': wanted})}")
    raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))


def _what_is_missing(access: Access, caller: Caller) -> str:
    if caller.kind == "integrator" and access.scope is not None:
        return f"This key does not have the scope {access.scope}."
    return N_("Your role does not allow this.")
